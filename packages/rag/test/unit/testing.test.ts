import { expect, test } from "vitest";
import type {
  Generator,
  GeneratorPart,
  HistoryCall,
  HistoryTurn,
  Passage,
  RetrieverCall,
} from "../../src/index.ts";
import { checkGenerator, checkHistoryStore, checkRetriever } from "../../src/testing.ts";
import { passage } from "../support/fakes.ts";

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
  ["ignores the limit", retriever(() => rows), /one passage was asked for, 3 answered/],
  ["changes its mind", retriever((found) => (turn++ < 2 ? found : found.slice(0, 2))), /answers otherwise/],
  ["leaks", retriever((_, call) => rows.slice(0, call.limit)), /two owners/],
  ["ignores an abort", retriever(undefined, false), /aborted signal/],
])("a retriever that %s is found out", async (_name, bad, finding) => {
  expect((await checkRetriever(bad, check)).join("\n")).toMatch(finding);
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
  ["ignores an abort", generator([text, finish], false), /aborted/],
])("a generator that %s is found out", async (_name, bad, finding) => {
  expect((await checkGenerator(bad)).join("\n")).toMatch(finding);
});
