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

/** `core/0001_core`: how messages name a migration. */
export const labelOf = ({ module, name }: { module: string; name: string }): string => `${module}/${name}`;
