import { describe, expect, test } from "vitest";
import {
  createRag,
  formatForPrompt,
  type HistoryTurn,
  type PromptTemplate,
  templates,
} from "../../src/index.ts";
import { templateOf } from "../../src/templates.ts";
import { generatorOf, passage, retrieverOf } from "../support/fakes.ts";

const own: PromptTemplate = {
  instructions: (marker) => `Arr! Ye data be between <<${marker} begin>> and <<${marker} end>>.`,
  noPassage: "(the hold be empty)",
  summary: "Told before:",
  question: "The captain asks:",
  notFound: "No treasure.",
};
const call = { query: "Where?", userId: "alice", conversationId: "c1" };
const turns = Array.from(
  { length: 12 },
  (_, index): HistoryTurn => ({ role: "user", content: `Turn ${index}` }),
);

const ragOf = (passages: Parameters<typeof retrieverOf>[0]) =>
  createRag({
    retrievers: { one: retrieverOf(passages) },
    history: { recent: async ({ limit }) => turns.slice(-limit) },
    helper: generatorOf(["They spoke of maps."]),
    limits: { historyTurns: 2 },
    template: own,
    locale: "fr",
  });

test("texts of your own stand around passages, summary and question, whatever the language", async () => {
  const { messages } = await ragOf([passage({ id: "a", title: "Map", text: "An X." })]).augmentQuery(call);
  const [system, user] = [messages[0]?.content, messages.at(-1)?.content];
  const marker = /<<(\d+) begin>>/.exec(system ?? "")?.[1];
  expect(system).toBe(own.instructions(String(marker)));
  expect(user).toBe(
    `<<${marker} begin>>\n<<${marker} summary>> Told before:\nThey spoke of maps.\n<<${marker} 1>> projects | Map\nAn X.\n<<${marker} end>>\n\nThe captain asks:\nWhere?`,
  );
});

test("without passages too, and in formatForPrompt of createRag and by itself", async () => {
  const rag = ragOf([]);
  const { messages } = await rag.augmentQuery({ ...call, locale: "en" });
  expect(messages.at(-1)?.content).toContain("\n(the hold be empty)\n");
  for (const formatted of [
    rag.formatForPrompt({ contexts: [] }),
    formatForPrompt({ contexts: [], template: own }),
  ]) {
    expect(formatted.instructions).toBe(own.instructions(formatted.marker));
    expect(formatted.block).toContain("(the hold be empty)");
  }
  expect(rag.formatForPrompt({ contexts: [], template: templates.en }).block).toContain("(no passage)");
});

test("the texts are the host's, else those of the language", () => {
  const { instructions: _, ...texts } = own;
  expect(templateOf({ template: own }, "fr")).toMatchObject({ quoting: templates.fr.quoting, ...texts });
  expect(templateOf({ template: { ...own, quoting: "Quote." } }, "fr").quoting).toBe("Quote.");
  // A method that needs its object.
  class Polite implements PromptTemplate {
    readonly noPassage = "";
    readonly summary = "";
    readonly question = "";
    readonly notFound = "";
    readonly greeting = "Please answer from";
    instructions(marker: string) {
      return `${this.greeting} <<${marker} begin>>.`;
    }
  }
  expect(templateOf({ template: new Polite() }, "fr").instructions("1")).toBe(
    "Please answer from <<1 begin>>.",
  );
  expect(templateOf({}, "fr")).toBe(templates.fr);
});

describe("a template is refused", () => {
  test.each<[string, Partial<Record<keyof PromptTemplate, unknown>>, RegExp]>([
    ["that hides the marker", { instructions: () => "Answer from the passages." }, /names the marker/],
    ["that answers no text", { instructions: () => undefined }, /names the marker/],
    ["without instructions", { instructions: "<<marker>>" }, /template\.instructions must be a function/],
    ["without the line before a summary", { summary: undefined }, /template\.summary must be a text/],
    ["whose question is no text", { question: 3 }, /template\.question must be a text; received 3/],
  ])("%s", (_name, change, message) => {
    const template = { ...own, ...change } as PromptTemplate;
    const expected = expect.objectContaining({
      code: "INVALID_OPTION",
      message: expect.stringMatching(message),
    });
    expect(() => createRag({ retrievers: { one: retrieverOf([]) }, template })).toThrow(expected);
    expect(() => formatForPrompt({ contexts: [], template })).toThrow(expected);
  });
});
