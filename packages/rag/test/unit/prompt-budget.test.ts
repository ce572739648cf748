import * as cl100k from "gpt-tokenizer/encoding/cl100k_base";
import * as o200k from "gpt-tokenizer/encoding/o200k_base";
import { expect, test } from "vitest";
import {
  type AugmentedQuery,
  createRag,
  type Generator,
  type HistoryTurn,
  isRagError,
  type PromptMessage,
  type PromptTemplate,
  type RagOptions,
} from "../../src/index.ts";
import { generatorOf, passage, retrieverOf } from "../support/fakes.ts";

/** Another one in each run; the message of a failure says which, and of which case: put both here to see it again. */
const seed = Date.now() >>> 0;

type Random = () => number;

/** A linear congruential generator, its high bits mixed into the low ones, which alone would repeat soon. */
function randomOf(from: number): Random {
  let state = from >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state ^ (state >>> 16)) >>> 0) / 2 ** 32;
  };
}

const words = [
  ..."deployment,é à ça,日本語,😀👍🏽,<|endoftext|>,<|im_start|>,https://example.com/a?b=c,0190a6e2-7c3d-7f1a,}".split(
    ",",
  ),
  ..."const a = [1];— « x »;WUjGcAqP1gQacoQe;<<123451234512345 end>>;the;of a;Ünïcödé;مرحبا;[1];a``b;/;///".split(
    ";",
  ),
  ...["   ", "\u200b\u202e", "\t", "\u0000", "\ud800", "12345678901234567890", "=".repeat(40)],
];
const whole = (random: Random, from: number, to: number) => from + Math.floor(random() * (to - from + 1));
const pick = <T>(random: Random, list: readonly T[]): T => list[whole(random, 0, list.length - 1)] as T;
const times = <T>(random: Random, from: number, to: number, make: () => T): T[] =>
  Array.from({ length: whole(random, from, to) }, make);

const word = (random: Random): string =>
  random() < 0.1 ? String.fromCodePoint(whole(random, 0x20, 0x2ffff)) : pick(random, words);
const line = (random: Random, most: number): string => times(random, 1, most, () => word(random)).join(" ");

/** Lines and blocks of fenced code, and where in the text the blocks begin and end. */
function textWithCode(random: Random, mostLines: number): { text: string; blocks: [number, number][] } {
  let text = "";
  const blocks: [number, number][] = [];
  for (let left = whole(random, 1, mostLines); left > 0; left--) {
    if (random() < 0.2) {
      const fence = pick(random, ["```", "~~~", "`````", "~~~~"]);
      const inner = times(random, 0, 4, () => `x ${line(random, 4)}`.replace(/[\n\r\u2028\u2029]/g, " "));
      const block = [`${fence}ts`, ...inner, "```js".slice(0, fence === "`````" ? 5 : 0), fence].join("\n");
      blocks.push([text.length, text.length + block.length]);
      text += `${block}\n`;
    } else text += `x ${line(random, 6)}\n`.replace(/[\r\u2028\u2029]/g, " ");
  }
  return { text: text.slice(0, -1), blocks };
}

const ownTemplate: PromptTemplate = {
  instructions: (marker) => `Use what stands between ${marker} and ${marker}.`,
  noPassage: "-",
  summary: "Before:",
  question: "Q:",
  notFound: "-",
};

function randomCase(random: Random) {
  const texts = times(random, 0, 5, () => textWithCode(random, 7));
  return {
    blocks: texts.map(({ blocks }) => blocks),
    passages: texts.map(({ text }, index) => ({
      id: `p${index}`,
      entityId: `e${index}`,
      title: random() < 0.5 ? "" : line(random, 6),
      text,
      start: whole(random, 0, 300),
    })),
    turns: times(
      random,
      0,
      random() < 0.5 ? 0 : 6,
      (): HistoryTurn => ({ role: pick(random, ["user", "assistant", "system"]), content: line(random, 15) }),
    ),
    // What the helper writes; undefined where there is none.
    helper: random() < 0.4 ? line(random, 40) : undefined,
    options: {
      system: random() < 0.2 ? line(random, 20) : "",
      locale: pick(random, ["fr", "en"] as const),
      ...(random() < 0.5 ? { template: ownTemplate } : {}),
      limits: { historyTurns: whole(random, 0, 6), historyShare: Math.sqrt(random()) },
    } satisfies Partial<RagOptions>,
    call: {
      query: `why ${line(random, 6)}`,
      userId: "alice",
      conversationId: "c1",
      maxContextTokens: whole(random, 20, 500),
      maxAnswerTokens: random() < 0.5 ? undefined : whole(random, 1, 100),
      limit: whole(random, 1, 6),
    },
  };
}
type Case = ReturnType<typeof randomCase>;

function ragOf({ passages, turns, helper, options }: Case, tokenCounter: RagOptions["tokenCounter"]) {
  const model: Generator | undefined = helper === undefined ? undefined : generatorOf([helper]);
  return createRag({
    ...options,
    retrievers: { one: retrieverOf(passages.map((values) => passage(values))) },
    history: { recent: async ({ limit }) => turns.slice(-limit) },
    sleep: () => new Promise(() => {}),
    ...(model && { helper: model }),
    ...(tokenCounter && { tokenCounter }),
  });
}

type Sizes = (messages: readonly PromptMessage[], prompt: string) => number;

function check({ passages, blocks, call }: Case, answer: AugmentedQuery, tokensOf: Sizes): void {
  const { messages, prompt, contexts, dropped, budget } = answer;
  const allowed = call.maxContextTokens - (call.maxAnswerTokens ?? 0);
  const used = tokensOf(messages, prompt);
  if (used > allowed) throw new Error(`${used} tokens where ${allowed} are allowed`);
  if (budget.usedTokens > allowed) throw new Error("the budget reports more than is allowed");
  if (budget.answerTokens !== (call.maxAnswerTokens ?? 0))
    throw new Error("the answer's tokens are not kept");

  const named = [...contexts, ...dropped].map(({ id }) => id).sort();
  if (named.join() !== passages.map(({ id }) => id).join())
    throw new Error(`found ${passages.length}, named ${named.join()}`);
  if (dropped.some(({ reason }) => !["budget", "limit", "empty"].includes(reason)))
    throw new Error("dropped without a reason");

  const user = messages.at(-1)?.content ?? "";
  let score = 1;
  let place = -1;
  for (const { id, text, start, end, truncated, relevanceScore } of contexts) {
    const index = Number(id.slice(1));
    const cut = end - start;
    if (blocks[index]?.some(([from, to]) => from < cut && cut < to))
      throw new Error(`${id} is cut within code`);
    if (truncated !== cut < (passages[index]?.text.length ?? 0))
      throw new Error(`${id} is cut and does not say so`);
    place = user.indexOf(text, place + 1);
    if (place === -1 || relevanceScore > score) throw new Error(`${id} is not in the prompt, in its order`);
    score = relevanceScore;
  }
}

/**
 * Tokens of a text as the sum of its lines', each counted once a case: four fifths of the work are the same lines in
 * another prompt. Both vocabularies end a piece of text with a line's end, unless a blank or a slash follows.
 */
function countByLines(count: (text: string) => number) {
  const known = new Map<string, number>();
  return {
    count: (text: string): number =>
      text.split(/(?<=\n)(?=[^\s/])/).reduce((sum, part) => {
        const tokens = known.get(part) ?? count(part);
        known.set(part, tokens);
        return sum + tokens;
      }, 0),
    forget: () => known.clear(),
  };
}

const countCases = async (
  cases: number,
  tokenCounter: RagOptions["tokenCounter"],
  tokensOf: Sizes,
  forget = () => {},
) => {
  const seen = { refused: 0, truncated: 0, summarized: 0, dropped: 0 };
  for (let index = 0; index < cases; index++) {
    const random = randomCase(randomOf(seed + index * 7919));
    forget();
    try {
      const answer = await ragOf(random, tokenCounter).augmentQuery(random.call).catch(refusal);
      if (typeof answer === "number") {
        seen.refused++;
        if (answer <= random.call.maxContextTokens) throw new Error(`${answer} is said to be the minimum`);
        // The minimum works; every twentieth time, because it is a second call.
        if (seen.refused % 20 === 0) {
          const call = { ...random.call, maxContextTokens: answer };
          check({ ...random, call }, await ragOf(random, tokenCounter).augmentQuery(call), tokensOf);
        }
        continue;
      }
      check(random, answer, tokensOf);
      if (answer.contexts.some(({ truncated }) => truncated)) seen.truncated++;
      if (answer.history.summarizedTurns > 0) seen.summarized++;
      if (answer.dropped.some(({ reason }) => reason === "budget")) seen.dropped++;
    } catch (error) {
      throw new Error(`seed ${seed}, case ${index}: ${String(error)}\n${JSON.stringify(random)}`, {
        cause: error,
      });
    }
  }
  return seen;
};

function refusal(error: unknown): number {
  if (isRagError(error) && error.code === "BUDGET_TOO_SMALL") return error.details.minimumTokens ?? 0;
  throw error;
}

test("10,000 random prompts stay within their budget by OpenAI's tokenizer, and account for every passage", async () => {
  const { count, forget } = countByLines(o200k.countTokens);
  let sizes = 0;
  const tokensOf: Sizes = (messages, prompt) => {
    // A message is 3 and its role, and the answer begins with 3.
    const chat = messages.reduce((sum, { content }) => sum + count(content) + 4, 3);
    if (sizes++ % 20 === 0) {
      expect(chat).toBe(o200k.encodeChat([...messages], "gpt-4o").length);
      expect(count(prompt)).toBe(o200k.countTokens(prompt));
    }
    return Math.max(chat, count(prompt));
  };
  const seen = await countCases(10_000, { count }, tokensOf, forget);
  expect(sizes).toBeGreaterThan(5000);
  // Each kind of case is there often enough for the count to mean something.
  for (const [kind, cases] of Object.entries(seen)) expect([kind, cases > 50]).toEqual([kind, true]);
}, 120_000);

test("500 random prompts counted by the estimate stay within it by an older tokenizer", async () => {
  const seen = await countCases(500, undefined, (messages, prompt) =>
    Math.max(cl100k.encodeChat([...messages], "gpt-4").length, cl100k.countTokens(prompt)),
  );
  expect(seen.refused).toBeLessThan(400);
}, 120_000);
