import { countTokens as countCl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { countTokens as countO200k } from "gpt-tokenizer/encoding/o200k_base";
import { expect, test } from "vitest";
import {
  estimateTokens,
  type Generator,
  type GeneratorPart,
  type HistoryCall,
  type HistoryTurn,
  llmReranker,
  type Passage,
  type RerankerCall,
  type RerankerResult,
  type RetrieverCall,
} from "../../src/index.ts";
import {
  checkGenerator,
  checkHistoryStore,
  checkReranker,
  checkRetriever,
  checkTokenCounter,
} from "../../src/testing.ts";
import { generatorOf, passage } from "../support/fakes.ts";

const check = { query: "x", ownerId: "alice", otherOwnerId: "bob" };
const rows = ["a", "b", "c"].map((id, index) => passage({ id, score: 3 - index }));

/** A good retriever, with one thing changed. */
function retriever(
  change: (found: Passage[], call: RetrieverCall) => Passage[] = (found) => found,
  abort = true,
) {
  return {
    async retrieve(call: RetrieverCall) {
      if (abort) call.signal.throwIfAborted();
      const found = call.ownerId === "alice" ? rows.slice(0, call.limit) : [];
      return { passages: change(found, call), complete: true };
    },
  };
}

test("a good retriever has no findings", async () => {
  expect(await checkRetriever(retriever(), check)).toEqual([]);
});

let turn = 0;
test.each([
  ["finds too little", retriever((found) => found.slice(0, 1)), /two passages or more/],
  ["repeats an id", retriever((found) => found.map((item) => ({ ...item, id: "a" }))), /occurs twice/],
  ["ascends", retriever((found) => found.toReversed()), /do not descend/],
  ["scores NaN", retriever((found) => found.map((item) => ({ ...item, score: Number.NaN }))), /not finite/],
  ["has wrong offsets", retriever((found) => found.map((item) => ({ ...item, end: 99 }))), /offsets/],
  ["leaves entityId empty", retriever((found) => found.map((item) => ({ ...item, entityId: "" }))), /empty/],
  ["has no title", retriever((found) => found.map((item) => ({ ...item, title: 1 as never }))), /title/],
  ["has no date", retriever((found) => found.map((item) => ({ ...item, updatedAt: "soon" }))), /no date/],
  ["ignores the limit", retriever(() => rows), /one passage was asked for, 3 answered/],
  [
    "cuts the best",
    retriever((found, call) => (call.ownerId === "alice" ? rows.slice(-call.limit) : found)),
    /does not answer the best/,
  ],
  ["changes its mind", retriever((found) => (turn++ < 2 ? found : found.slice(0, 2))), /answers otherwise/],
  ["leaks", retriever((_, call) => rows.slice(0, call.limit)), /two owners/],
  ["ignores an abort", retriever(undefined, false), /aborted signal/],
])("a retriever that %s is found out", async (_name, bad, finding) => {
  expect((await checkRetriever(bad, check)).join("\n")).toMatch(finding);
});

test("a retriever that does not say whether it is complete is found out", async () => {
  const silent = {
    async retrieve(call: RetrieverCall) {
      return { passages: (await retriever().retrieve(call)).passages } as never;
    },
  };
  expect(await checkRetriever(silent, check)).toEqual(["complete is not true or false"]);
});

const turns: HistoryTurn[] = [
  { role: "user", content: "one" },
  { role: "assistant", content: "two" },
];
const history = {
  conversationId: "c1",
  ownerId: "alice",
  otherOwnerId: "bob",
  unknownConversationId: "c2",
};
function store(answer: (call: HistoryCall) => readonly HistoryTurn[] | undefined, abort = true) {
  return {
    async recent(call: HistoryCall) {
      if (abort) call.signal?.throwIfAborted();
      return answer(call);
    },
  };
}
const owned = (call: HistoryCall) => call.conversationId === "c1" && call.ownerId === "alice";

test("a good history store has no findings", async () => {
  const good = store((call) => (owned(call) ? turns.slice(-call.limit) : undefined));
  expect(await checkHistoryStore(good, history)).toEqual([]);
});

test.each([
  ["answers the oldest", store((call) => (owned(call) ? turns.slice(0, call.limit) : undefined)), /newest/],
  ["ignores the limit", store((call) => (owned(call) ? turns : undefined)), /one turn was asked for/],
  ["has other roles", store(() => turns.map((one) => ({ ...one, role: "robot" as never }))), /a role is/],
  ["has no texts", store(() => turns.map((one) => ({ ...one, content: null as never }))), /not a text/],
  ["shows it to others", store((call) => turns.slice(-call.limit)), /another owner's/],
  ["answers [] for unknown ones", store((call) => (owned(call) ? turns.slice(-call.limit) : [])), /unknown/],
  [
    "ignores an abort",
    store((call) => (owned(call) ? turns.slice(-call.limit) : undefined), false),
    /aborted/,
  ],
])("a history store that %s is found out", async (_name, bad, finding) => {
  expect((await checkHistoryStore(bad, history)).join("\n")).toMatch(finding);
});

function generator(parts: readonly GeneratorPart[], abort = true): Generator {
  return {
    async *generate({ signal }) {
      if (abort) signal?.throwIfAborted();
      yield* parts;
    },
  };
}
const text: GeneratorPart = { type: "text", text: "yes" };
const finish: GeneratorPart = { type: "finish", finishReason: "stop" };

test("a good generator has no findings", async () => {
  expect(await checkGenerator(generator([text, finish]))).toEqual([]);
});

test.each([
  ["says nothing", generator([finish]), /no text/],
  ["never finishes", generator([text]), /exactly one finish/],
  ["finishes twice", generator([text, finish, finish]), /exactly one finish/],
  ["goes on after its end", generator([finish, text]), /exactly one finish/],
  [
    "counts NaN tokens",
    generator([text, { ...finish, usage: { promptTokens: Number.NaN, completionTokens: 1 } }]),
    /usage/,
  ],
  ["ignores an abort", generator([text, finish], false), /aborted/],
])("a generator that %s is found out", async (_name, bad, finding) => {
  expect((await checkGenerator(bad)).join("\n")).toMatch(finding);
});

const ranking = {
  query: "how do I deploy?",
  relevant: "Deploy with one command.",
  irrelevant: "Bread rises.",
};

/** A good reranker, with one thing changed. */
function reranker(
  change: (scores: { id: string; score: number }[], call: RerankerCall) => unknown = (scores) => scores,
  { abort = true, usage }: { abort?: boolean; usage?: RerankerResult["usage"] } = {},
) {
  return {
    async rerank(call: RerankerCall) {
      if (abort) call.signal.throwIfAborted();
      const scores = call.passages.map(({ id, text }) => ({
        id,
        score: text.includes("Deploy") ? 0.9 : 0.1,
      }));
      return { scores: change(scores, call) as RerankerResult["scores"], usage };
    },
  };
}

test("a good reranker has no findings, one that leaves out what does not help among them", async () => {
  expect(await checkReranker(reranker(), ranking)).toEqual([]);
  const usage = { promptTokens: 0, completionTokens: 3 };
  const strict = reranker((scores) => scores.filter(({ score }) => score > 0.5), { usage });
  expect(await checkReranker(strict, ranking)).toEqual([]);
});

test.each([
  ["answers no list", reranker(() => undefined), /not a list/],
  ["repeats an id", reranker((scores) => [...scores, ...scores]), /occurs twice/],
  ["makes ids up", reranker((scores) => [...scores, { id: "x", score: 0 }]), /not asked/],
  ["scores NaN", reranker((scores) => scores.map((one) => ({ ...one, score: Number.NaN }))), /not finite/],
  ["scores in hundreds", reranker((scores) => scores.map((one) => ({ ...one, score: 90 }))), /within 0 to 1/],
  ["scores below 0", reranker((scores) => scores.map((one) => ({ ...one, score: -1 }))), /within 0 to 1/],
  ["scores all the same", reranker((scores) => scores.map((one) => ({ ...one, score: 0.5 }))), /both orders/],
  [
    "scores by place",
    reranker((scores) => scores.map((one, index) => ({ ...one, score: 1 / (index + 1) }))),
    /both orders/,
  ],
  [
    "scores by place, from the end",
    reranker((scores) => scores.map((one, index) => ({ ...one, score: (index + 1) / 10 }))),
    /both orders/,
  ],
  ["needs two passages", reranker((scores) => (scores.length < 2 ? [] : scores)), /by itself/],
  [
    "counts tokens below 0",
    reranker(undefined, { usage: { promptTokens: -1, completionTokens: 0 } }),
    /number of tokens/,
  ],
  ["ignores an abort", reranker(undefined, { abort: false }), /aborted/],
])("a reranker that %s is found out", async (_name, bad, finding) => {
  expect((await checkReranker(bad, ranking)).join("\n")).toMatch(finding);
});

test("llmReranker fits, with a model that reads", async () => {
  const model: Generator = {
    generate(call) {
      const passages = call.messages[1]?.content.match(/^<<\d+ \d+>>.*\n.*/gm) ?? [];
      const lines = passages.map((text, index) => `${index + 1}: ${text.includes("Deploy") ? 9 : 1}`);
      return generatorOf([lines.join("\n")]).generate(call);
    },
  };
  expect(await checkReranker(llmReranker(model), ranking)).toEqual([]);
});

test.each([
  ["o200k_base", countO200k],
  ["cl100k_base", countCl100k],
  ["the default", estimateTokens],
  ["characters", (text: string) => text.length],
])("a good counter has no findings: %s", (_name, count) => {
  expect(checkTokenCounter({ count })).toEqual([]);
});

let asked = 0;
test.each([
  ["counts the empty text", (text: string) => text.length + 1, /empty text/],
  ["counts nothing", () => 0, /a word has no tokens/],
  ["answers one whatever the text", (text: string) => Math.min(1, text.length), /fifty sentences/],
  ["answers NaN", () => Number.NaN, /finite/],
  ["answers infinity", (text: string) => text.length / 0, /finite/],
  ["answers below 0", (text: string) => -text.length, /finite/],
  ["answers a promise", async (text: string) => text.length, /finite/],
  ["changes its mind", (text: string) => text.length + (asked++ % 2), /asked again/],
  [
    "counts less of more",
    (text: string) => (text.length > 90 ? text.length / 2 : text.length),
    /more behind/,
  ],
  ["counts a whole above its parts", (text: string) => text.length ** 2, /more tokens than both/],
])("a counter that %s is found out", (_name, count, finding) => {
  expect(checkTokenCounter({ count: count as (text: string) => number }).join("\n")).toMatch(finding);
});
