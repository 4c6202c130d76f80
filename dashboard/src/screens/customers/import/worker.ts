/** Asks a worker to read a file, so that the page can be used meanwhile. */

import type { Mapping } from "./columns";
import { Unreadable, type Separator } from "../../../components/csv";
import type { Inspected, Progress, Row } from "./file";

export type Ask =
  | { what: "inspect"; file: Blob; separator?: Separator }
  | { what: "rewrite"; file: Blob; separator: Separator; mapping: Mapping }
  | { what: "pick"; file: Blob; separator: Separator; numbers: number[] };
export type Answer = { progress: number } | { result: unknown } | { problem: string };

type Options = { progress?: Progress; signal?: AbortSignal };

function ask<Result>(asked: Ask, { progress, signal }: Options): Promise<Result> {
  const worker = new Worker(new URL("./file.worker.ts", import.meta.url), { type: "module" });
  return new Promise<Result>((resolve, reject) => {
    signal?.addEventListener("abort", () => reject(signal.reason as Error));
    worker.addEventListener("error", () => reject(new Unreadable("The file could not be read.")));
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      if ("progress" in data) progress?.(data.progress);
      else if ("problem" in data) reject(new Unreadable(data.problem));
      else resolve(data.result as Result);
    });
    worker.postMessage(asked);
  }).finally(() => worker.terminate());
}

export const inspectFile = (file: Blob, separator: Separator | undefined, options: Options) =>
  ask<Inspected>({ what: "inspect", file, separator }, options);

export const rewriteFile = (file: Blob, separator: Separator, mapping: Mapping, options: Options) =>
  ask<Blob>({ what: "rewrite", file, separator, mapping }, options);

export const pickRows = (file: Blob, separator: Separator, numbers: number[], options: Options) =>
  ask<Row[]>({ what: "pick", file, separator, numbers }, options);
