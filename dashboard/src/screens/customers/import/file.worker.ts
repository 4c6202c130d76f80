/** Reads files beside the page; `worker.ts` asks. */

import { inspect, pick, rewrite, type Progress } from "./file";
import type { Answer, Ask } from "./worker";

const STEP = 0.01;

addEventListener("message", (event: MessageEvent<Ask>) => {
  void answer(event.data).then((told: Answer) => postMessage(told));
});

async function answer(ask: Ask): Promise<Answer> {
  try {
    return { result: await work(ask, reporter()) };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error) };
  }
}

function work(ask: Ask, progress: Progress): Promise<unknown> {
  switch (ask.what) {
    case "inspect":
      return inspect(ask.file, ask.separator, progress);
    case "rewrite":
      return rewrite(ask.file, ask.separator, ask.mapping, progress);
    case "pick":
      return pick(ask.file, ask.separator, ask.numbers, progress);
  }
}

/** Tells a hundred steps at most. */
function reporter(): Progress {
  let told = 0;
  return (part) => {
    if (part - told < STEP) return;
    told = part;
    postMessage({ progress: part } satisfies Answer);
  };
}
