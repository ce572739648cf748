import { expect, test } from "vitest";
import { type EmbedAllProgress, progressLine, progressTo } from "../../src/index.ts";

const at = (entities: number, source = "files"): EmbedAllProgress => ({
  source,
  entityId: String(entities),
  entities,
  totalEntities: 1_200,
  chunks: 2 * entities,
  embeddedChunks: entities,
  tokens: 10 * entities,
});

function stream(isTTY: boolean) {
  const written: string[] = [];
  return { isTTY, columns: 80, written, write: (text: string) => written.push(text) };
}

test("one line says how far it is", () => {
  expect(progressLine(at(600))).toBe("50 % of 1,200 rows, files, 1,200 passages, 600 embedded, 6,000 tokens");
  expect(progressLine({ ...at(0), totalEntities: 0 })).toMatch(/^100 % of 0 rows/);
  expect(progressLine(at(1_300))).toMatch(/^100 %/);
});

test("a terminal gets one line that is written over, no wider than it is", () => {
  const terminal = stream(true);
  const onProgress = progressTo(terminal);
  for (const entities of [300, 1_200]) onProgress(at(entities));
  const [first, last] = terminal.written as [string, string];
  const start = "\r\u001b[K";
  expect(first.startsWith(`${start}${"█".repeat(5)}${"░".repeat(15)} 25 % of`)).toBe(true);
  expect(first.length).toBeLessThan(start.length + 80);
  expect(last.endsWith("\n")).toBe(true);
});

test("elsewhere there is a line for each source and each further 5 %", () => {
  const file = stream(false);
  const onProgress = progressTo(file);
  for (const entities of [0, 10, 59, 60, 61, 120]) onProgress(at(entities));
  onProgress(at(121, "messages"));
  expect(file.written.map((line) => line.split(",")[0])).toEqual([
    "0 % of 1",
    "5 % of 1",
    "10 % of 1",
    "10 % of 1",
  ]);
});
