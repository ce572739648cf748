import { seededRandom } from "../../random.ts";
import { createWriter, type Writer } from "./texts.ts";
import type { Vocabulary } from "./vocabulary.ts";
import type { WordUse } from "./word-use.ts";

export const kinds = ["users", "projects", "conversations", "files", "messages"] as const;
export type Kind = (typeof kinds)[number];
export type Counts = Readonly<Record<Kind, number>>;

/** Rows of everybody and, besides, of one user who owns 1,000 rows at size 1 and 100,000 at size 100. */
export interface Sizes {
  readonly others: Counts;
  readonly largeUser: Counts;
}

export function sizesOf(size: number): Sizes {
  const times = (count: number) => Math.max(1, Math.round(count * size));
  return {
    others: {
      users: times(150),
      projects: times(340),
      conversations: times(90),
      files: times(1_000),
      messages: times(1_250),
    },
    largeUser: {
      users: 1,
      projects: times(100),
      conversations: times(50),
      files: times(250),
      messages: times(600),
    },
  };
}

export const rowCount = ({ projects, conversations, files, messages }: Counts): number =>
  projects + conversations + files + messages;

type Group = keyof Sizes;
/** A row by its table's columns. */
export type PopulationRow = Readonly<Record<string, string | number>>;

/** Ids that sort by kind and number, as those of version 7 do by time. */
const idOf = (group: Group, kind: Kind, n: number): string =>
  `01900000-0000-7${kinds.indexOf(kind)}00-8${group === "others" ? 0 : 1}00-${n.toString(16).padStart(12, "0")}`;

export const largeUserId = idOf("largeUser", "users", 0);

/** The rows of a kind, those of the large user spread evenly among the others'; the same ones each time. */
export function* rowsOfKind(
  kind: Kind,
  sizes: Sizes,
  vocabulary: Vocabulary,
  use: WordUse,
): Generator<PopulationRow> {
  const random = seededRandom(kinds.indexOf(kind) + 1);
  const writer = createWriter(vocabulary, random, use.add);
  const total = sizes.others[kind] + sizes.largeUser[kind];
  const numbers = { others: 0, largeUser: 0 };
  for (let n = 0; n < total; n++) {
    const share = sizes.largeUser[kind] / total;
    const group: Group = Math.floor((n + 1) * share) > Math.floor(n * share) ? "largeUser" : "others";
    const number = numbers[group]++;
    const counts = sizes[group];
    if (kind !== "users") use.startRow(group === "largeUser");
    yield {
      id: idOf(group, kind, number),
      created_at: new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString(),
      ...columns[kind]({ group, number, counts, writer, random }),
    };
  }
}

interface RowContext {
  group: Group;
  number: number;
  counts: Counts;
  writer: Writer;
  random: () => number;
}

const languageOf = (random: () => number) => (random() < 0.4 ? "fr" : "en");
const between = (random: () => number, low: number, high: number) =>
  low + Math.floor(random() * (high - low + 1));

/** The owner of the n-th project or conversation, whose files and messages are that owner's too. */
const ownerOf = ({ group, counts }: RowContext, n: number) => idOf(group, "users", n % counts.users);

const columns: Record<Kind, (context: RowContext) => PopulationRow> = {
  users: ({ group, number }) => ({ email: `${group}-${number}@example.com` }),
  projects: (context) => {
    const { number, random, writer } = context;
    const language = languageOf(random);
    return {
      user_id: ownerOf(context, number),
      language,
      name: writer.title(between(random, 2, 4)),
      description: writer.prose(language, between(random, 10, 30)),
    };
  },
  conversations: (context) => ({
    user_id: ownerOf(context, context.number),
    language: languageOf(context.random),
    title: context.writer.title(between(context.random, 3, 8)),
  }),
  files: (context) => {
    const { group, number, counts, random, writer } = context;
    const project = number % counts.projects;
    const path = `src/${writer.word()}/${writer.word()}-${writer.word()}-${number.toString(36)}.ts`;
    const content = writer.code(between(random, 2, 4));
    return {
      user_id: ownerOf(context, project),
      project_id: idOf(group, "projects", project),
      path,
      programming_language: "typescript",
      content,
      size_bytes: Buffer.byteLength(content),
      content_hash: "x",
    };
  },
  messages: (context) => {
    const { group, number, counts, random, writer } = context;
    const conversation = number % counts.conversations;
    const language = languageOf(random);
    return {
      user_id: ownerOf(context, conversation),
      conversation_id: idOf(group, "conversations", conversation),
      role: number % 2 === 0 ? "user" : "assistant",
      language,
      content: writer.prose(language, between(random, 20, 90)),
    };
  },
};
