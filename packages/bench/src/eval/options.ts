import { parseArgs } from "node:util";
import { InputError } from "./input-error.ts";
import type { EvalLanguage } from "./language.ts";

export interface EvalOptions {
  corpus: string;
  /** Undefined: told from the corpus. */
  language: EvalLanguage | undefined;
  json: boolean;
  /** Undefined: all of them. */
  limitQueries: number | undefined;
  cluster: boolean;
  help: boolean;
}

export const usage = `Usage: pnpm eval:search --corpus <folder> [--lang en|fr] [--limit-queries n] [--cluster] [--json]

  --corpus         folder with corpus.jsonl {id, title, text}, queries.jsonl {id, text} and qrels.tsv
                   (header; query-id, corpus-id, score)
  --lang           language of the corpus, en or fr. Default: told from its words
  --limit-queries  only the first n judged queries
  --cluster        draws queries with the same relevant documents together when it compares engines
  --json           one object per engine: engine, ndcg10, recall100, mrr10, p50Ms, p95Ms

DATABASE_URL names the server, where a database is made and dropped again; without it an embedded one is used.`;

/**
 * The options of a command line.
 * @throws {InputError}
 */
export function parseOptions(args: readonly string[]): EvalOptions {
  const { values } = read(args);
  const { corpus = "", lang, json, cluster, help } = values;
  if (help) return { corpus, language: undefined, json, limitQueries: undefined, cluster, help };
  if (corpus === "") throw new InputError("--corpus is missing. Pass the folder of a test collection.");
  if (lang !== undefined && lang !== "en" && lang !== "fr") {
    throw new InputError(`--lang must be en or fr; received ${JSON.stringify(lang)}.`);
  }
  const limit = values["limit-queries"];
  if (limit !== undefined && !/^[1-9]\d{0,8}$/.test(limit)) {
    throw new InputError(
      `--limit-queries must be a whole number from 1; received ${JSON.stringify(limit)}. Leave it out for all queries.`,
    );
  }
  return {
    corpus,
    language: lang,
    json,
    limitQueries: limit === undefined ? undefined : Number(limit),
    cluster,
    help,
  };
}

function read(args: readonly string[]) {
  try {
    return parseArgs({
      args: args.filter((argument) => argument !== "--"),
      options: {
        corpus: { type: "string" },
        lang: { type: "string" },
        json: { type: "boolean", default: false },
        "limit-queries": { type: "string" },
        cluster: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
  } catch (error) {
    // An unknown option, one without its value, or an argument that is no option: Node's message says which.
    throw new InputError(error instanceof Error ? error.message : String(error));
  }
}
