import { existsSync, readFileSync } from "node:fs";
import type {
  Generator,
  GeneratorCall,
  GeneratorPart,
  Passage,
  Retriever,
  RetrieverCall,
} from "../../src/index.ts";

/** A passage whose offsets fit its text. */
export function passage(values: Partial<Passage> & { id: string }): Passage {
  const { text = `Text of ${values.id}.`, start = 0 } = values;
  return {
    source: "projects",
    entityId: values.id,
    title: `Title of ${values.id}`,
    score: 1,
    updatedAt: new Date("2026-01-01T00:00:00Z"),
    ...values,
    text,
    start,
    end: values.end ?? start + text.length,
  };
}

/** A retriever that answers the passages and remembers its calls. */
export function retrieverOf(
  passages: readonly Passage[] | ((call: RetrieverCall) => Promise<readonly Passage[]>),
  complete = true,
): Retriever & { calls: RetrieverCall[] } {
  const calls: RetrieverCall[] = [];
  return {
    calls,
    async retrieve(call) {
      calls.push(call);
      return { passages: typeof passages === "function" ? await passages(call) : passages, complete };
    },
  };
}

/** A generator that answers the texts, and a finish part unless told otherwise. */
export function generatorOf(
  texts: readonly string[],
  finish: GeneratorPart | null = { type: "finish", finishReason: "stop" },
): Generator & { calls: GeneratorCall[]; closed: () => boolean } {
  const calls: GeneratorCall[] = [];
  let closed = false;
  return {
    calls,
    closed: () => closed,
    async *generate(call) {
      calls.push(call);
      try {
        for (const text of texts) yield { type: "text", text };
        if (finish) yield finish;
      } finally {
        closed = true;
      }
    },
  };
}

/** Timers that fire when the test says so, and a clock that moves with them. */
export function manualTimers() {
  let nowMs = 0;
  const waiting = new Set<{ at: number; fire: () => void }>();
  return {
    now: () => nowMs,
    sleep: (ms: number, signal: AbortSignal) =>
      new Promise<void>((resolve, reject) => {
        const timer = { at: nowMs + ms, fire: resolve };
        waiting.add(timer);
        signal.addEventListener("abort", () => {
          waiting.delete(timer);
          reject(signal.reason);
        });
      }),
    /** Moves the clock and fires what is due. */
    advance(ms: number) {
      nowMs += ms;
      for (const timer of waiting) if (timer.at <= nowMs && waiting.delete(timer)) timer.fire();
    },
    pending: () => waiting.size,
  };
}

/** Collects an async iterable. */
export async function collect<T>(parts: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const part of parts) all.push(part);
  return all;
}

const dataFolder = new URL("../../../../../shared/data/", import.meta.url);

/** The text of a shared data file, or undefined where the data is not at hand; such tests are skipped by name. */
export function sharedData(path: string): string | undefined {
  const url = new URL(path, dataFolder);
  return existsSync(url) ? readFileSync(url, "utf8") : undefined;
}

/** The field `text` of each line of a shared JSONL file; empty where the data is not at hand. */
export const sharedTexts = (path: string): string[] =>
  (sharedData(path) ?? "")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { text: string }).text);
