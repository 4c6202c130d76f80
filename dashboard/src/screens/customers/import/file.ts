/** What the wizard does with a file: read in pieces, in a worker, so that the page stays alive. */

import { CsvReader, csvLine, guessSeparator, isBlank, Unreadable, type Separator } from "../../../components/csv";
import { mapped, type Mapping } from "./columns";

export const MOST_ROWS = 1_000_000;
const SHOWN = 20;
const SAMPLES = 3;
/** How many characters are looked at to tell the separator. */
const HEAD = 64 * 1024;
const PIECE = 1024 * 1024;

export type Row = { number: number; cells: string[] };

/** A file as far as it has to be known to map its columns. */
export type Inspected = {
  separator: Separator;
  header: string[];
  /** How many rows there are below the header, blank ones left out. */
  rows: number;
  first: Row[];
  /** A few different values of each column. */
  samples: string[][];
};

/** Is told how much has been read, from 0 to 1. */
export type Progress = (part: number) => void;

/** Read a whole file once. Throws Unreadable. */
export async function inspect(
  file: Blob,
  separator: Separator | undefined,
  progress: Progress,
): Promise<Inspected> {
  const found = separator ?? guessSeparator(await beginning(file));
  const seen: Inspected = { separator: found, header: [], rows: 0, first: [], samples: [] };
  await records(file, found, progress, (cells, number) => {
    if (number === 1) {
      seen.header = cells.map((cell) => cell.trim());
      seen.samples = cells.map(() => []);
    } else if (!isBlank(cells)) {
      add(seen, { number, cells });
    }
  });
  if (seen.header.every((name) => !name)) {
    throw new Unreadable("The first row must name the columns, and it is empty.");
  }
  if (seen.rows === 0) throw new Unreadable("There is no row below the names of the columns.");
  return seen;
}

function add(seen: Inspected, row: Row): void {
  const { cells, number } = row;
  const columns = seen.header.length;
  if (cells.length > columns && !isBlank(cells.slice(columns))) {
    throw new Unreadable(
      `Row ${number} has ${cells.length} values, but there are ${columns} columns. ` +
        "A value that contains the separator needs quotation marks.",
    );
  }
  seen.rows += 1;
  if (seen.rows > MOST_ROWS) {
    throw new Unreadable("There are more than 1,000,000 rows, which is the most for one import.");
  }
  if (seen.first.length < SHOWN) seen.first.push(row);
  seen.samples.forEach((samples, at) => {
    const value = cells[at]?.trim();
    if (value && samples.length < SAMPLES && !samples.includes(value)) samples.push(value);
  });
}

/** The file with the columns of an import, row by row as it was, so that their numbers agree. */
export async function rewrite(
  file: Blob,
  separator: Separator,
  mapping: Mapping,
  progress: Progress,
): Promise<Blob> {
  const targets = mapped(mapping);
  const pieces: Blob[] = [];
  let text = "";
  await records(file, separator, progress, (cells, number) => {
    text += csvLine(
      targets.map(({ name }) => (number === 1 ? name : (cells[mapping[name] ?? -1] ?? ""))),
    );
    if (text.length > PIECE) {
      pieces.push(new Blob([text]));
      text = "";
    }
  });
  return new Blob([...pieces, text], { type: "text/csv" });
}

/** Some rows by their numbers. */
export async function pick(
  file: Blob,
  separator: Separator,
  numbers: readonly number[],
  progress: Progress,
): Promise<Row[]> {
  const wanted = new Set(numbers);
  const found: Row[] = [];
  await records(file, separator, progress, (cells, number) => {
    if (wanted.has(number)) found.push({ number, cells });
  });
  return found;
}

async function records(
  file: Blob,
  separator: Separator,
  progress: Progress,
  found: (cells: string[], record: number) => void,
): Promise<void> {
  const reader = new CsvReader(separator, found);
  let read = 0;
  for await (const { text, bytes } of texts(file)) {
    reader.push(text);
    read += bytes;
    progress(file.size ? read / file.size : 1);
  }
  reader.end();
}

async function beginning(file: Blob): Promise<string> {
  for await (const { text } of texts(file.slice(0, HEAD), false)) return text;
  return "";
}

/** A file's text, without the mark that some programs put at its beginning. */
async function* texts(file: Blob, whole = true): AsyncGenerator<{ text: string; bytes: number }> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  const decode = (bytes?: Uint8Array, more = true) => {
    try {
      return decoder.decode(bytes, { stream: more });
    } catch {
      throw new Unreadable("The file is not UTF-8 text. Save it as “CSV UTF-8” and choose it again.");
    }
  };
  const reader = file.stream().getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    yield { text: decode(value), bytes: value.byteLength };
  }
  if (whole) yield { text: decode(undefined, false), bytes: 0 };
}
