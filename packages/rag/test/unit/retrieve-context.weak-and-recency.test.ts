import { describe, expect, test } from "vitest";
import { createRag, type Passage, type RagOptions } from "../../src/index.ts";
import { passage, retrieverOf } from "../support/fakes.ts";

const call = { query: "how do I deploy?", userId: "alice" };
const ids = (list: readonly { id: string }[]) => list.map((item) => item.id);
const scored = (scores: Record<string, number>, values: Partial<Passage> = {}) =>
  retrieverOf(Object.entries(scores).map(([id, score]) => passage({ ...values, id, score })));
const found = (options: RagOptions) => createRag(options).retrieveContext(call);

describe("minScore of a retriever", () => {
  test("leaves out what is below it, before ranks are fused, and says so", async () => {
    const { contexts, dropped, retrievers } = await found({
      retrievers: {
        keyword: scored({ a: 0.9, b: 0.5, c: 0.4999 }),
        semantic: { retriever: scored({ b: 0.5, d: 0.4 }, { title: "  Titre\u200b " }), minScore: 0.5 },
      },
    });
    // b keeps both legs, because 0.5 is not below 0.5; c is of a retriever without a bound.
    expect(ids(contexts)).toEqual(["b", "a", "c"]);
    expect(Object.keys(contexts[0]?.legs ?? {})).toEqual(["keyword", "semantic"]);
    expect(dropped).toEqual([
      {
        id: "d",
        sourceType: "projects",
        sourceId: "d",
        title: "Titre",
        relevanceScore: 0,
        reason: "weak",
      },
    ]);
    expect(retrievers.semantic).toMatchObject({ status: "ok", passages: 2 });
  });

  test("what another retriever keeps is not dropped, and loses the weak one's vote", async () => {
    const { contexts, dropped } = await found({
      retrievers: {
        keyword: { retriever: scored({ a: 3, b: 1 }), minScore: 2 },
        semantic: scored({ b: 0.9 }),
      },
    });
    expect(ids(contexts)).toEqual(["a", "b"]);
    expect(Object.keys(contexts[1]?.legs ?? {})).toEqual(["semantic"]);
    expect(dropped).toEqual([]);
  });

  test("when everything is weak nothing is left, each passage is named once, and no error is thrown", async () => {
    const weak = (retriever: RagOptions["retrievers"][string]) => ({
      retriever: retriever as never,
      minScore: 0.8,
    });
    const { contexts, dropped, complete } = await found({
      retrievers: { one: weak(scored({ a: 0.7, b: 0.1 })), two: weak(scored({ b: 0.2, c: Number.NaN })) },
    });
    expect(contexts).toEqual([]);
    expect(dropped.map(({ id, reason }) => [id, reason])).toEqual([
      ["a", "weak"],
      ["b", "weak"],
      ["c", "weak"],
    ]);
    expect(complete).toBe(true);
  });

  test("without a bound no score is too low, and a bound may be negative", async () => {
    expect(ids((await found({ retrievers: { one: scored({ a: -5, b: Number.NaN }) } })).contexts)).toEqual([
      "a",
      "b",
    ]);
    const bounded = { one: { retriever: scored({ a: -5, b: -6 }), minScore: -5.5 } };
    expect(ids((await found({ retrievers: bounded })).contexts)).toEqual(["a"]);
  });
});

describe("recency", () => {
  const date = () => new Date("2026-03-01T00:00:00Z");
  const aged = (days: number) => new Date(date().getTime() - days * 86_400_000);
  const scoreOf = async (updatedAt: Passage["updatedAt"], recency: RagOptions["recency"]) => {
    const retrievers = { one: retrieverOf([passage({ id: "a", updatedAt })]) };
    const { contexts } = await found({ retrievers, date, ...(recency && { recency }) });
    return contexts[0]?.relevanceScore;
  };

  test.each([
    ["new", aged(0), 1],
    ["one half-life old", aged(10), 1 - 0.4 + 0.4 / 2],
    ["three half-lives old, as a text", aged(30).toISOString(), 1 - 0.4 + 0.4 / 8],
    ["as PostgreSQL writes it", "2026-02-19 00:00:00+00", 1 - 0.4 + 0.4 / 2],
    ["very old", new Date(0), 1 - 0.4],
    ["of tomorrow", aged(-1), 1],
    ["without a date", undefined, 1],
    ["with an empty date", null, 1],
    ["with an unreadable date", "last spring", 1],
  ])("a passage %s", async (_name, updatedAt, expected) => {
    expect(await scoreOf(updatedAt, { halfLifeDays: 10, weight: 0.4 })).toBeCloseTo(expected, 12);
  });

  test("counts 0.3 unless told otherwise, and not at all without the option", async () => {
    expect(await scoreOf(aged(7), { halfLifeDays: 7 })).toBeCloseTo(0.85, 12);
    expect(await scoreOf(aged(7), undefined)).toBe(1);
    expect(await scoreOf(aged(1e6), { halfLifeDays: 7, weight: 1 })).toBe(0);
  });

  test("orders anew, and leaves what the retrievers said as it was", async () => {
    const retrievers = {
      one: retrieverOf([
        passage({ id: "a", updatedAt: aged(1000) }),
        passage({ id: "b", updatedAt: aged(0) }),
        passage({ id: "c", updatedAt: undefined }),
      ]),
    };
    const { contexts } = await found({ retrievers, date, recency: { halfLifeDays: 30, weight: 0.5 } });
    expect(ids(contexts)).toEqual(["b", "c", "a"]);
    expect(contexts[2]?.legs.one).toEqual({ rank: 1, score: 1, contribution: 1 / 61 });
    expect(contexts[2]?.relevanceScore).toBeCloseTo(0.5, 6);
  });

  test("a date to come is worth no more than today", async () => {
    const retrievers = {
      one: retrieverOf([
        passage({ id: "b", updatedAt: aged(0) }),
        passage({ id: "a", updatedAt: aged(-3650) }),
      ]),
    };
    const { contexts } = await found({ retrievers, date, recency: { halfLifeDays: 1, weight: 1 } });
    expect(ids(contexts)).toEqual(["b", "a"]);
  });

  test("reads the day for each call, not once", async () => {
    let today = aged(0);
    const rag = createRag({
      retrievers: { one: retrieverOf([passage({ id: "a", updatedAt: aged(0) })]) },
      recency: { halfLifeDays: 1, weight: 1 },
      date: () => today,
    });
    expect((await rag.retrieveContext(call)).contexts[0]?.relevanceScore).toBe(1);
    today = aged(-1);
    expect((await rag.retrieveContext(call)).contexts[0]?.relevanceScore).toBe(0.5);
  });
});
