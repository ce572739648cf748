import { type Database, rowsOf, withDatabaseErrors, withReadScope } from "@devora/db-schema";
import { bestWindow } from "./best-window.ts";
import type { SearchContext } from "./context.ts";
import type { PassageSource } from "./devora-sources.ts";
import { markedBody } from "./highlight.ts";
import { assertOwner, assertText, type CallOptions, chooseSources, wholeNumber } from "./options.ts";
import { parseQuery } from "./parse-query.ts";
import type { Passage } from "./passage.ts";
import { decodePassages, passagesQuery } from "./queries/passages.ts";
import type { Scope } from "./queries/scope.ts";
import { rank } from "./rank.ts";
import type { Ranking, RankOptions } from "./rank-options.ts";
import type { Source } from "./source.ts";

export interface RetrieveOptions extends CallOptions {
  /** A question, or any text. */
  query: string;
  /** Names of sources; with `passages`, of the passages' sources. Default: all. */
  sources?: readonly string[] | undefined;
  /** 1 to 100. Default 10. */
  limit?: number | undefined;
}

export interface RetrieveAnswer {
  /** Best first. */
  passages: Passage[];
  /** False when more rows matched than were ranked. */
  complete: boolean;
}

/** Length of a passage that is cut from a row's text, in UTF-16 code units. */
const passageLength = 1_200;

export interface RetrieveContext extends SearchContext<Source> {
  readonly passages: PassageSource | undefined;
}

/** A retrieval that was checked: what is ranked, and how. */
export interface RetrieveCall {
  readonly sources: readonly Source[];
  readonly scope: Scope;
  readonly ranking: RankOptions;
}

/** @throws {SearchError} INVALID_OPTION, OWNER_REQUIRED, UNKNOWN_SOURCE */
export function retrieveCall(verb: string, context: RetrieveContext, options: RetrieveOptions): RetrieveCall {
  assertText(verb, "query", options.query);
  const limit = wholeNumber(verb, "limit", options.limit, { initial: 10, min: 1, max: 100 });
  const { passages, installed } = context;
  const sources = passages
    ? [passages.rows]
    : chooseSources(verb, context.sources, options.sources).filter(({ body }) => body !== undefined);
  assertOwner(verb, sources, options);

  const filters = passages && options.sources ? { source: options.sources } : {};
  const scope: Scope = { ownerId: options.ownerId, filters, updatedAfter: undefined };
  const ranking: RankOptions = {
    ...{ sources, scope, limit, installed, signal: options.signal, parsed: parseQuery(options.query) },
    ...{ words: "any", facets: false, offset: 0, cursor: undefined, preferences: {} },
    isOwn: options.db === undefined,
    read: passages ? undefined : "passage",
  };
  return { sources, scope, ranking };
}

/** Ranks rows by any of the question's words: passages where they are kept, else the rows they are cut from. */
export async function retrieve(context: RetrieveContext, options: RetrieveOptions): Promise<RetrieveAnswer> {
  const verb = "retrieve";
  const { sources, scope, ranking: rankOptions } = retrieveCall(verb, context, options);
  const { passages } = context;
  const { signal } = options;
  signal?.throwIfAborted();
  return withDatabaseErrors(`search.${verb}`, () =>
    withReadScope(context, options, async (db) => {
      const ranking = await rank(db, rankOptions);
      signal?.throwIfAborted();
      if (ranking.rows.length === 0) return { passages: [], complete: ranking.complete };
      const found = passages
        ? await readPassages(db, passages, scope, ranking)
        : cutPassages(sources, ranking);
      return { passages: found, complete: ranking.complete };
    }),
  );
}

async function readPassages(
  db: Database,
  passages: PassageSource,
  scope: Scope,
  { rows: ranked }: Ranking,
): Promise<Passage[]> {
  const ids = ranked.map(({ id }) => id);
  const rows = decodePassages(await rowsOf(db, passagesQuery(passages, scope, ids)));
  return ranked.flatMap(({ id, score }) => {
    const row = rows.find((candidate) => candidate.id === id);
    return row ? [{ ...row, score }] : [];
  });
}

function cutPassages(sources: readonly Source[], { rows: ranked, terms, page }: Ranking): Passage[] {
  return ranked.flatMap(({ type, id, score }) => {
    const row = page.find((candidate) => candidate.type === type && candidate.id === id);
    const source = sources.find(({ name }) => name === type);
    if (!row || !source) return [];
    const body = markedBody(source, row, terms);
    const window = bestWindow(body, passageLength);
    const start = row.startOffset + window.start;
    return [
      {
        id: `${type}:${id}:${start}`,
        source: type,
        entityId: id,
        title: row.title,
        text: body.text.slice(window.start, window.end),
        start,
        end: row.startOffset + window.end,
        score,
        updatedAt: row.updatedAt,
      },
    ];
  });
}
