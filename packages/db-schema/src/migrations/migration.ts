import type { ModuleName } from "../modules.ts";

/** One reviewed step of the schema: a file of SQL and the file that takes it back. */
export interface Migration {
  readonly module: ModuleName;
  /** `NNNN_name`; files of a module apply in this order. */
  readonly name: string;
  /** SHA-256 of `up`, hexadecimal. */
  readonly checksum: string;
  readonly up: string;
  readonly down: string;
}

/** A migration by name, as the results list it. */
export interface MigrationName {
  module: ModuleName;
  name: string;
}

/** Which of a migration's two files to run. */
export type Direction = "up" | "down";

/** `core/0001_core`: how messages name a migration. */
export const labelOf = ({ module, name }: { module: string; name: string }): string => `${module}/${name}`;

export const nameOf = ({ module, name }: Migration): MigrationName => ({ module, name });

/**
 * False for a file whose first line is `-- no-transaction`: one statement that PostgreSQL refuses inside a
 * transaction, such as `create index concurrently`, and that may be run again after it succeeded.
 */
export const isTransactional = (text: string): boolean =>
  !/^-- no-transaction[ \t]*\r?$/m.test(firstLine(text));

const firstLine = (text: string): string => text.slice(0, `${text}\n`.indexOf("\n"));
