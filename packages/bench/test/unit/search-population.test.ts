import { expect, test } from "vitest";
import { seededRandom } from "../../src/random.ts";
import { kinds, largeUserId, rowCount, rowsOfKind, sizesOf } from "../../src/suites/search/population.ts";
import { queryClasses } from "../../src/suites/search/query-classes.ts";
import { exportedNames, repositoryFiles, splitName } from "../../src/suites/search/repository.ts";
import { createVocabulary } from "../../src/suites/search/vocabulary.ts";
import { createWordUse } from "../../src/suites/search/word-use.ts";

const vocabulary = createVocabulary(seededRandom(1));

/** All rows of a size, and how often their words are in them. */
function population(size: number) {
  const sizes = sizesOf(size);
  const use = createWordUse(vocabulary);
  const rows = Object.fromEntries(
    kinds.map((kind) => [kind, [...rowsOfKind(kind, sizes, vocabulary, use)]]),
  ) as Record<(typeof kinds)[number], Record<string, string | number>[]>;
  return { sizes, use, rows };
}

test("sizes are those of the design", () => {
  expect(sizesOf(1).others).toEqual({
    users: 150,
    projects: 340,
    conversations: 90,
    files: 1_000,
    messages: 1_250,
  });
  expect(rowCount(sizesOf(1).largeUser)).toBe(1_000);
  expect(rowCount(sizesOf(100).largeUser)).toBe(100_000);
  expect(rowCount(sizesOf(100).others)).toBe(268_000);
});

test("words are drawn as often as their rank says", () => {
  const random = seededRandom(5);
  const drawn = new Map<number, number>();
  for (let n = 0; n < 200_000; n++) {
    const rank = vocabulary.draw(random);
    drawn.set(rank, (drawn.get(rank) ?? 0) + 1);
  }
  // Rank r has the share ln((r + 11) / (r + 10)) / ln(3001): .0119 for the first, .00112 for the hundredth.
  expect((drawn.get(0) ?? 0) / 200_000).toBeCloseTo(0.0119, 3);
  expect((drawn.get(100) ?? 0) / 200_000).toBeCloseTo(0.00112, 3);
  expect(Math.max(...drawn.keys())).toBeLessThan(30_000);
  expect(new Set(vocabulary.words).size).toBe(30_000);
});

test("each row hangs under a parent of the same owner, and ids are unique", () => {
  const { rows, sizes } = population(0.1);
  const ids = Object.values(rows).flatMap((list) => list.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  const owners = new Map([...rows.projects, ...rows.conversations].map(({ id, user_id }) => [id, user_id]));
  for (const file of rows.files) expect(owners.get(file.project_id as string)).toBe(file.user_id);
  for (const message of rows.messages)
    expect(owners.get(message.conversation_id as string)).toBe(message.user_id);
  // No project without files, no conversation without messages.
  const parents = [
    ...rows.files.map((file) => file.project_id),
    ...rows.messages.map((message) => message.conversation_id),
  ];
  expect(new Set(parents).size).toBe(owners.size);
  expect(rows.messages.filter(({ user_id }) => user_id === largeUserId).length).toBe(
    sizes.largeUser.messages,
  );
  expect(rows.messages.length).toBe(sizes.others.messages + sizes.largeUser.messages);
});

test("the large user's rows are spread among the others'", () => {
  const { rows } = population(0.1);
  const at = rows.messages.flatMap(({ user_id }, index) => (user_id === largeUserId ? [index] : []));
  expect(at[0]).toBeLessThan(4);
  expect(at.at(-1)).toBeGreaterThan(rows.messages.length - 4);
});

test("the same rows and queries each time", () => {
  const [first, second] = [population(1), population(1)];
  expect(first.rows).toEqual(second.rows);
  expect(queryClasses(first.use, true)).toEqual(queryClasses(second.use, true));
  expect(queryClasses(first.use, true).map(({ queries }) => queries.length)).toEqual([300, 300, 300, 300]);
});

test("word use counts rows, not occurrences", () => {
  const use = createWordUse({ words: ["a", "b", "c"], draw: () => 0 });
  for (const ranks of [[0, 0, 1], [0], [0], [2, 2]]) {
    use.startRow(false);
    for (const rank of ranks) use.add(rank);
  }
  expect(use.wordsBetween(0.75, 0.75)).toEqual(["a"]);
  expect(use.wordsBetween(0.2, 0.3)).toEqual(["b", "c"]);
});

test("questions have eight distinct words of one row; the large user's come from that user's rows", () => {
  const words = Array.from({ length: 20 }, (_, n) => `w${n}`);
  const use = createWordUse({ words, draw: () => 0 });
  for (const [own, from] of [
    [true, 0],
    [false, 9],
    [false, 18],
  ] as const) {
    use.startRow(own);
    for (let rank = from; rank < Math.min(from + 9, 20); rank++) use.add(rank);
  }
  use.startRow(false);
  expect(use.eightWords(true)).toEqual([words.slice(0, 8)]);
  expect(use.eightWords(false)).toEqual([words.slice(0, 8), words.slice(9, 17)]);
});

test("names are found where they are declared, not where they are passed on", () => {
  const names = exportedNames([
    {
      path: "a.ts",
      content: "export async function getUser() {}\nexport const limit = 1;\nconst hidden = 2;",
    },
    {
      path: "b.ts",
      content: 'export { getUser } from "./a.ts";\nexport interface User {}\n  export type Inner = 1;',
    },
    { path: "c.ts", content: "export class User {}\nexport type Id = string;" },
  ]);
  expect(Object.fromEntries(names)).toEqual({
    getUser: new Set(["a.ts"]),
    limit: new Set(["a.ts"]),
    User: new Set(["b.ts", "c.ts"]),
    Id: new Set(["c.ts"]),
  });
});

test("the repository's own names include this suite's", async () => {
  const names = exportedNames(await repositoryFiles());
  expect(names.get("repositoryFiles")).toEqual(new Set(["packages/bench/src/suites/search/repository.ts"]));
  expect(names.get("createSearch")).toEqual(new Set(["packages/search/src/create-search.ts"]));
});

test.each([
  ["getUserById", "get User By Id"],
  ["parseHTMLText", "parse HTML Text"],
  ["max_row_count", "max row count"],
  ["limit", "limit"],
])("%s is split into %s", (name, words) => {
  expect(splitName(name)).toBe(words);
});
