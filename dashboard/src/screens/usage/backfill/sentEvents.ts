/** Events of a file or pasted, as they are to be sent: the very digits, however they were written. */

import { CsvReader, guessSeparator, isBlank, Unreadable } from "../../../components/csv";

/** How many events a window may be filled with at once. */
export const MOST_EVENTS = 10_000;

export type SentEvents = { count: number; json: string };

/** A JSON array, an object a line, or CSV with a header. Throws Unreadable. */
export function sentEvents(text: string, eventType: string): SentEvents {
  const sent = text.trim();
  const found = sent.startsWith("[")
    ? ofArray(sent)
    : listed(sent.startsWith("{") ? ofLines(text) : sent ? ofCsv(text, eventType) : []);
  if (found.count <= MOST_EVENTS) return found;
  throw new Unreadable("There are more than 10,000 events. Choose a shorter window.");
}

const listed = (events: string[]): SentEvents => ({ count: events.length, json: `[${events.join(",")}]` });

function ofArray(text: string): SentEvents {
  const read = parsed(() => JSON.parse(text), "The text");
  return { count: (read as unknown[]).length, json: text };
}

function ofLines(text: string): string[] {
  return text.split("\n").flatMap((line, index) => {
    if (!line.trim()) return [];
    parsed(() => JSON.parse(line), `Line ${index + 1}`);
    return [line.trim()];
  });
}

function parsed(read: () => unknown, what: string): unknown {
  try {
    return read();
  } catch {
    throw new Unreadable(`${what} is no JSON.`);
  }
}

const FIELDS = ["customerAlias", "eventType", "eventTimestamp", "customerEventId"];
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

/** As the import of a file reads it; without a column for the type, all are of the window's. */
function ofCsv(text: string, eventType: string): string[] {
  const events: string[] = [];
  let header: string[] = [];
  const reader = new CsvReader(guessSeparator(text), (cells, record) => {
    if (record === 1) header = named(cells);
    else if (!isBlank(cells)) events.push(ofRow(header, cells, record, eventType));
  });
  reader.push(text);
  reader.end();
  return events;
}

function named(cells: string[]): string[] {
  const header = cells.map((cell) => cell.trim());
  if (header.includes("customerAlias")) return header;
  throw new Unreadable("The first row must name the columns, and customerAlias is none of them.");
}

function ofRow(header: string[], cells: string[], record: number, eventType: string): string {
  if (cells.length !== header.length) {
    throw new Unreadable(`Row ${record} has ${cells.length} values, but there are ${header.length} columns.`);
  }
  const fields = header.includes("eventType") ? [] : [pair("eventType", JSON.stringify(eventType))];
  const properties: string[] = [];
  header.forEach((name, at) => {
    const cell = cells[at]!;
    if (!cell) return;
    if (FIELDS.includes(name)) fields.push(pair(name, JSON.stringify(cell)));
    else properties.push(pair(name, NUMBER.test(cell) ? cell : JSON.stringify(cell)));
  });
  return `{${[...fields, pair("eventProperties", `{${properties.join(",")}}`)].join(",")}}`;
}

const pair = (name: string, value: string) => `${JSON.stringify(name)}:${value}`;
