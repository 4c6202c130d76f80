/** How figures, days and names are written. Decimals are text throughout; nothing is a float. */

import type { Decimal } from "../api/types";

const NO_MINOR = new Set(["ISK", "JPY", "KRW", "CLP"]);

export const CURRENCIES =
  "AED ARS AUD BRL BGN CAD CHF CLP CNY COP CZK DKK EGP EUR GBP HKD ILS INR ISK JPY KRW MXN NOK NZD PLN SAR SEK SGD THB USD UYU ZAR".split(
    " ",
  );

const numberFormats = new Map<string, Intl.NumberFormat>();

function numberFormat(least: number, most: number): Intl.NumberFormat {
  const key = `${least}-${most}`;
  let format = numberFormats.get(key);
  if (!format) {
    format = new Intl.NumberFormat("en-GB", {
      minimumFractionDigits: least,
      maximumFractionDigits: most,
    });
    numberFormats.set(key, format);
  }
  return format;
}

/** "1234.5" -> "1,234.5"; text that is no decimal is left as it is. */
export function decimalText(value: Decimal, least = 0, most = 12): string {
  const text = String(value);
  if (!/^-?\d+(\.\d+)?$/.test(text)) return text;
  // Given as text, the digits are formatted exactly, however many there are.
  return numberFormat(least, Math.max(least, most)).format(text as unknown as number);
}

/** An amount with at least the currency's minor digits: "1234.5", "USD" -> "1,234.50". */
export function moneyText(value: Decimal, currency: string): string {
  return decimalText(value, NO_MINOR.has(currency) ? 0 : 2);
}

const dayFormat = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});
const momentFormat = new Intl.DateTimeFormat("en-GB", {
  day: "numeric",
  month: "short",
  year: "numeric",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  timeZone: "UTC",
});
const monthFormat = new Intl.DateTimeFormat("en-GB", {
  month: "short",
  year: "numeric",
  timeZone: "UTC",
});

/** Every month in three letters, so that columns of dates line up. */
const short = (text: string) => text.replace("Sept", "Sep");

/** "2026-03-02" -> "2 Mar 2026". */
export const dayText = (day: string) =>
  short(dayFormat.format(new Date(`${day.slice(0, 10)}T00:00:00Z`)));

/** An instant with its zone said: "2 Mar 2026, 10:00:00 UTC". */
export const momentText = (instant: string) => `${short(momentFormat.format(new Date(instant)))} UTC`;

export const monthText = (instant: string) => short(monthFormat.format(new Date(instant)));

/** Both days are included: "1 – 31 Jul 2013", "1 Nov – 31 Dec 2013"; what they share is said once. */
export function periodText(start: string, end?: string | null): string {
  if (!end) return `${dayText(start)} – open-ended`;
  const first = dayText(start).split(" ");
  const last = dayText(end).split(" ");
  if (first.join() === last.join()) return dayText(end);
  while (first.length > 1 && first.at(-1) === last.at(first.length - 1)) first.pop();
  return `${first.join(" ")} – ${last.join(" ")}`;
}

/** Today in UTC, the day a form starts from. */
export const today = () => new Date().toISOString().slice(0, 10);

/** The first day of the month `count` months away from the one `day` lies in. */
export function monthStart(day: string, count = 0): string {
  const [year = 1970, month = 1] = day.split("-").map(Number);
  return new Date(Date.UTC(year, month - 1 + count, 1)).toISOString().slice(0, 10);
}

export function nextDay(day: string, count = 1): string {
  const date = new Date(`${day}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + count);
  return date.toISOString().slice(0, 10);
}

/** "IN_ARREARS" -> "In arrears". */
export function words(name: string): string {
  const text = name.toLowerCase().replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export const plural = (count: number, one: string, many = `${one}s`) =>
  `${decimalText(count)} ${count === 1 ? one : many}`;

/** Only addresses of the web become links; anything else stays text. */
export const webAddress = (url: string) => (/^https?:\/\//i.test(url) ? url : undefined);
