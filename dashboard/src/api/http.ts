/** Requests to the API: the session cookie goes along, refusals come back as `Problem`. */

export type FieldProblem = { pointer: string; code: string; message: string };

type ProblemBody = {
  title?: string;
  detail?: string;
  code?: string;
  requestId?: string;
  errors?: FieldProblem[];
};

/** A refusal in the API's own words (RFC 9457). `status` 0 means that no answer came at all. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly requestId?: string;
  readonly errors: FieldProblem[];

  constructor(status: number, body: ProblemBody) {
    super(body.detail || body.title || "Something went wrong.");
    this.name = "Problem";
    this.status = status;
    this.code = body.code ?? "unknown";
    this.requestId = body.requestId;
    this.errors = body.errors ?? [];
  }
}

export type Query = Record<string, string | number | boolean | readonly string[] | undefined | null>;

/** `?a=1&b=2`; what is empty is left out, lists are joined with commas. */
export function queryText(query: Query = {}): string {
  const parts = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    const text = Array.isArray(value) ? value.join(",") : value;
    if (text === undefined || text === null || text === "" || text === false) continue;
    parts.set(name, String(text));
  }
  const text = parts.toString();
  return text ? `?${text}` : "";
}

/**
 * Reads JSON without rounding: a number that a float may not hold exactly becomes its own text.
 * Browsers without `context.source` fall back to the float's shortest text.
 */
export function exact(text: string): unknown {
  return JSON.parse(text, function (this: unknown, _key, value, context?: { source?: string }) {
    if (typeof value !== "number" || Number.isSafeInteger(value)) return value;
    return context?.source ?? String(value);
  } as (key: string, value: unknown) => unknown);
}

/** A random key in UUID form; works on plain http too, where `crypto.randomUUID` is missing. */
export function randomKey(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join(
    "-",
  );
}

/**
 * Says that the dashboard is asking. Unsafe requests are refused without it; on the others it keeps
 * the browser from opening a sign-in window of its own once the session has ended.
 */
export const FROM_HERE = { "X-Requested-With": "catchment-dashboard" };

/** JSON as it is to be sent: digits that a float would lose are kept. */
export class RawJson {
  constructor(readonly text: string) {}
}

const written = (body: unknown) => (body instanceof RawJson ? body.text : JSON.stringify(body));

type Options = { query?: Query; body?: unknown; key?: string; signal?: AbortSignal };

async function send<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json", ...FROM_HERE };
  if (method === "POST") headers["Idempotency-Key"] = options.key ?? randomKey();
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  const response = await fetch(`/api${path}${queryText(options.query)}`, {
    method,
    headers,
    body: options.body === undefined ? undefined : written(options.body),
    credentials: "same-origin",
    signal: options.signal,
  }).catch((error: unknown) => {
    if (options.signal?.aborted) throw error;
    throw unreachable();
  });
  const text = await response.text();
  if (response.ok) return (text ? exact(text) : undefined) as T;
  throw problemOf(response.status, text, response.headers.get("x-request-id"));
}

/** The refusal that an answer tells. */
export function problemOf(status: number, text: string, requestId: string | null): Problem {
  try {
    return new Problem(status, JSON.parse(text) as ProblemBody);
  } catch {
    const detail = `The server answered ${status} without an explanation.`;
    return new Problem(status, { detail, requestId: requestId ?? undefined });
  }
}

/** No answer came at all. */
export const unreachable = () =>
  new Problem(0, {
    detail: "The server could not be reached. Check the connection and try again.",
    code: "unreachable",
  });

export const api = {
  get: <T>(path: string, query?: Query, signal?: AbortSignal) =>
    send<T>("GET", path, { query, signal }),
  post: <T>(path: string, body?: unknown, key?: string) => send<T>("POST", path, { body, key }),
  put: <T>(path: string, body?: unknown) => send<T>("PUT", path, { body }),
  delete: <T>(path: string) => send<T>("DELETE", path),
};

type OnePage<T> = { items: T[]; pagination?: { after?: string } };

/** Every page of a list, one after the other. For lists that stay short. */
export async function everyPage<T>(path: string, query: Query, signal: AbortSignal): Promise<T[]> {
  const items: T[] = [];
  let after: string | undefined;
  do {
    const page = await api.get<OnePage<T>>(path, { ...query, limit: 100, after }, signal);
    items.push(...page.items);
    after = page.pagination?.after;
  } while (after);
  return items;
}
