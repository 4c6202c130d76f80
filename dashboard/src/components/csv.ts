/** Comma-separated values (RFC 4180), read piece by piece, so that a file may be larger than memory. */

export type Separator = "," | ";" | "\t";
export const SEPARATORS: readonly Separator[] = [",", ";", "\t"];

/** A file that cannot be read; the message says where and what to do. */
export class Unreadable extends Error {}

const QUOTE = '"';

/** The records of a text that comes in pieces. Records are counted from 1, which is the header. */
export class CsvReader {
  private cells: string[] = [];
  private cell = "";
  private state: "start" | "plain" | "quoted" | "closed" = "start";
  private afterReturn = false;
  private count = 0;

  constructor(
    private readonly separator: Separator,
    private readonly found: (cells: string[], record: number) => void,
  ) {}

  /** Read on. Throws Unreadable. */
  push(text: string): void {
    let from = 0;
    for (let at = 0; at < text.length; at++) {
      const sign = text[at]!;
      if (this.state === "quoted") {
        const end = text.indexOf(QUOTE, at);
        if (end < 0) break;
        this.cell += text.slice(from, end);
        this.state = "closed";
        at = end;
        from = end + 1;
      } else if (sign === this.separator || sign === "\n" || sign === "\r") {
        const ofReturn = this.afterReturn && sign === "\n";
        this.afterReturn = sign === "\r";
        if (!ofReturn) {
          if (this.state === "plain") this.cell += text.slice(from, at);
          this.endCell();
          if (sign !== this.separator) this.endRecord();
        }
        from = at + 1;
      } else if (this.state === "closed") {
        if (sign !== QUOTE) throw this.problem("has text after a closing quotation mark");
        this.cell += QUOTE;
        this.state = "quoted";
        from = at + 1;
      } else if (this.state === "start") {
        this.afterReturn = false;
        this.state = sign === QUOTE ? "quoted" : "plain";
        from = sign === QUOTE ? at + 1 : at;
      }
    }
    if (this.state === "plain" || this.state === "quoted") this.cell += text.slice(from);
  }

  /** There is no more. Throws Unreadable. */
  end(): void {
    if (this.state === "quoted") throw this.problem("has a quotation mark that is never closed");
    if (this.state !== "start" || this.cells.length > 0) {
      this.endCell();
      this.endRecord();
    }
  }

  private endCell(): void {
    this.cells.push(this.cell);
    this.cell = "";
    this.state = "start";
  }

  private endRecord(): void {
    this.count += 1;
    this.found(this.cells, this.count);
    this.cells = [];
  }

  private problem(what: string): Unreadable {
    return new Unreadable(`Row ${this.count + 1} ${what}.`);
  }
}

/** One record as a line of a file with commas. */
export function csvLine(cells: readonly string[]): string {
  return `${cells.map((cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(",")}\r\n`;
}

/** The separator that the first record has most of; the comma where it has none. */
export function guessSeparator(text: string): Separator {
  let best: Separator = ",";
  let most = 0;
  for (const separator of SEPARATORS) {
    let cells = 0;
    const reader = new CsvReader(separator, (found, record) => {
      if (record === 1) cells = found.length;
    });
    try {
      reader.push(text);
      reader.end();
    } catch {
      // The beginning of a file may end within a value; its first record is known by then.
    }
    if (cells > most) [best, most] = [separator, cells];
  }
  return best;
}

/** A blank line is no row, but it is counted as a spreadsheet counts it. */
export const isBlank = (cells: readonly string[]) => cells.every((cell) => cell.trim() === "");
