import { resolve } from "node:path";
import { parseArgs } from "node:util";

export interface HostOptions {
  /** TCP port on `host`; 0 takes a free one. */
  port: number;
  host: string;
  /** PostgreSQL to use instead of the embedded database. */
  databaseUrl: string | undefined;
  /** Folder of the embedded database. */
  dataDir: string;
  /** Fill the database with the demo's population and import a folder. */
  demo: boolean;
  /** Folder that the demo imports as a project. */
  importFolder: string;
  /** Size of the population: 1 is 150 users, 100 is the most. */
  size: number;
  /** Seed of the population. */
  seed: number;
  /** Delete the embedded database first. */
  reset: boolean;
  openai: {
    apiKey: string | undefined;
    baseUrl: string | undefined;
    chatModel: string;
    embeddingModel: string | undefined;
  };
}

/** A mistake in the command line or the environment; the message says what to do. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

export const usage = `Usage: demo [-- options]
  --import <folder>  import this folder as a project (default: this repository)
  --size <n>         size of the population, 0.1 to 100; 1 is 150 users (default 1)
  --seed <n>         seed of the population (default 1)
  --data <folder>    folder of the embedded database (default: .devora/data of the host)
  --reset            delete the embedded database and start anew
  --port <n>         port, 0 for a free one (default: PORT or 3000)
Environment: DATABASE_URL, PORT, HOST, OPENAI_API_KEY, OPENAI_BASE_URL, OPENAI_CHAT_MODEL, OPENAI_EMBEDDING_MODEL`;

/**
 * What the command line and the environment ask for.
 * @param args   arguments after the script; a leading `--` is dropped
 * @param paths  repository root, folder of this host, and the folder that relative paths start from
 * @throws {UsageError}
 */
export function parseOptions(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  paths: { repository: string; host: string; current: string },
): HostOptions {
  const { values } = parse(args);
  const port = values.port ?? nonEmpty(environment.PORT) ?? "3000";
  return {
    port: wholeNumber("--port or PORT", port, 0, 65_535),
    host: nonEmpty(environment.HOST) ?? "127.0.0.1",
    databaseUrl: databaseUrlOf(nonEmpty(environment.DATABASE_URL)),
    dataDir:
      values.data === undefined ? resolve(paths.host, ".devora/data") : resolve(paths.current, values.data),
    demo: values.demo ?? false,
    importFolder: values.import === undefined ? paths.repository : resolve(paths.current, values.import),
    size: sizeOf(values.size ?? "1"),
    seed: wholeNumber("--seed", values.seed ?? "1", 0, 2 ** 31 - 1),
    reset: values.reset ?? false,
    openai: {
      apiKey: nonEmpty(environment.OPENAI_API_KEY),
      baseUrl: nonEmpty(environment.OPENAI_BASE_URL),
      chatModel: nonEmpty(environment.OPENAI_CHAT_MODEL) ?? "gpt-4o-mini",
      embeddingModel: nonEmpty(environment.OPENAI_EMBEDDING_MODEL),
    },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: args.filter((argument) => argument !== "--"),
      options: {
        demo: { type: "boolean" },
        import: { type: "string" },
        size: { type: "string" },
        seed: { type: "string" },
        data: { type: "string" },
        reset: { type: "boolean" },
        port: { type: "string" },
      },
    });
  } catch (error) {
    throw new UsageError(`${(error as Error).message}\n${usage}`);
  }
}

const nonEmpty = (value: string | undefined): string | undefined =>
  value === undefined || value.trim() === "" ? undefined : value;

function wholeNumber(name: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new UsageError(`${name} must be a whole number from ${least} to ${most}; received "${text}".`);
  }
  return value;
}

function sizeOf(text: string): number {
  const size = Number(text);
  if (!(size >= 0.1 && size <= 100))
    throw new UsageError(`--size must be a number from 0.1 to 100; received "${text}".`);
  return size;
}

function databaseUrlOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (!URL.canParse(text) || !/^postgres(ql)?:$/.test(new URL(text).protocol)) {
    throw new UsageError(
      "DATABASE_URL must look like postgres://user:password@host:5432/database. Correct it, or unset it to use the embedded database.",
    );
  }
  return text;
}
