import fc from "fast-check";
import { expect, test } from "vitest";
import { createIssues } from "../../src/issues.ts";
import { storableObject } from "../../src/storable.ts";

function store(values: Record<string, unknown>, maxBytes = 1000) {
  const issues = createIssues();
  const stored = storableObject(values, "p", maxBytes, issues);
  return { stored: JSON.parse(JSON.stringify(stored)), paths: issues.list.map(({ path }) => path) };
}
const circular: Record<string, unknown> = { a: 1 };
circular.self = circular;
const endless = (): object => ({ toJSON: endless });
const deep = (levels: number): unknown => (levels === 0 ? 1 : { d: deep(levels - 1) });

test.each<[string, unknown, unknown]>([
  ["plain JSON", { a: [1, "é", true, null, { b: 1.5 }] }, { a: [1, "é", true, null, { b: 1.5 }] }],
  ["a Date", new Date(0), "1970-01-01T00:00:00.000Z"],
  ["a bigint", 2n ** 70n, "1180591620717411303424"],
  ["undefined in an object", { a: undefined, b: 1 }, { b: 1 }],
  ["undefined in an array", [undefined, 1], [null, 1]],
  ["an object without prototype", Object.assign(Object.create(null), { a: 1 }), { a: 1 }],
  ["what has toJSON", new URL("https://a.example/x"), "https://a.example/x"],
  ["a pair of surrogates", "😀", "😀"],
  ["the same object twice", [deep(1), deep(1)], [{ d: 1 }, { d: 1 }]],
  ["31 levels", deep(31), deep(31)],
])("stores %s as it is", (_, value, expected) => {
  expect(store({ value })).toEqual({ stored: { value: expected }, paths: [] });
});

test.each<[string, unknown, unknown]>([
  ["U+0000", "a\u0000b", "a\ufffdb"],
  ["a lone surrogate", "a\ud83d", "a\ufffd"],
  ["a lone low surrogate", "\ude00b", "\ufffdb"],
  ["NaN", Number.NaN, null],
  ["infinity", Number.NEGATIVE_INFINITY, null],
  ["an invalid Date", new Date(Number.NaN), null],
  ["a function", () => 1, undefined],
  ["a symbol", Symbol("s"), undefined],
  ["a Map", new Map([["a", 1]]), undefined],
  ["a class instance", new (class Secret {})(), undefined],
  ["an error", new Error("x"), undefined],
  [
    "a throwing toJSON",
    {
      toJSON: () => {
        throw new Error("no");
      },
    },
    undefined,
  ],
  ["an endless toJSON", endless(), undefined],
  [
    "a throwing getter",
    {
      get a() {
        throw new Error("no");
      },
    },
    undefined,
  ],
  ["a revoked proxy", revoked(), undefined],
  ["too much", "x".repeat(5_000_000), undefined],
  ["a huge sparse array", new Array(4_000_000_000), undefined],
])("reports %s and stores what it can", (_, value, expected) => {
  const { stored, paths } = store({ before: 1, value, after: 2 });
  expect(stored).toEqual({ before: 1, ...(expected === undefined ? {} : { value: expected }), after: 2 });
  expect(paths).toEqual(["p.value"]);
});

test("a circular reference and what lies too deep are left out where they are", () => {
  expect(store({ circular })).toEqual({ stored: { circular: { a: 1 } }, paths: ["p.circular.self"] });
  const { stored, paths } = store({ value: deep(40) });
  expect(JSON.stringify(stored).match(/"d"/g)).toHaveLength(31);
  expect(paths).toHaveLength(1);
});

test("a property's name is kept storable, and __proto__ is a name like any other", () => {
  expect(store({ "a\u0000": 1 })).toEqual({ stored: { "a\ufffd": 1 }, paths: ["p.a\ufffd"] });
  const { stored } = store(JSON.parse('{"__proto__":{"polluted":true}}'));
  expect(Object.keys(stored)).toEqual(["__proto__"]);
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test("the limit holds for all properties together, and a small one still fits after a large one", () => {
  const half = "x".repeat(600);
  expect(store({ a: half, b: half, c: 1 })).toEqual({ stored: { a: half, c: 1 }, paths: ["p.b"] });
});

test("the limit is that of the JSON", () => {
  const nulls = Array.from({ length: 190 }, () => null);
  expect(store({ nulls })).toEqual({ stored: { nulls }, paths: [] });
});

test("an object that contains the same one again and again ends at the limit", () => {
  let bomb: unknown = "x";
  for (let i = 0; i < 30; i++) bomb = [bomb, bomb];
  expect(store({ bomb })).toEqual({ stored: {}, paths: ["p.bomb"] });
});

test("whatever comes in, the result is JSON that jsonb takes, within the limit", () => {
  const anything = fc.anything({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withSet: true,
    withTypedArray: true,
    withSparseArray: true,
    withNullPrototype: true,
    stringUnit: "binary",
  });
  const limit = 500;
  fc.assert(
    fc.property(fc.dictionary(fc.string({ unit: "binary" }), anything), (values) => {
      const issues = createIssues();
      const json = JSON.stringify(storableObject(values, "p", limit, issues));
      expect(Buffer.byteLength(json)).toBeLessThanOrEqual(limit + 2);
      expect(json).not.toMatch(/\\u0000|\\u[dD][89a-fA-F]|\p{Surrogate}/u);
    }),
    { numRuns: 500 },
  );
});

function revoked(): object {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}
