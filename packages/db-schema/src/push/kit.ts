import { SchemaError } from "../errors.ts";

/** What drizzle-kit makes of Drizzle tables: the parts of its snapshot that push reads or changes. */
export interface Snapshot {
  /** By `schema.table`. */
  readonly tables: Readonly<Record<string, SnapshotTable>>;
  readonly enums: Readonly<Record<string, SnapshotEnum>>;
  readonly views: Readonly<Record<string, { readonly isExisting: boolean }>>;
  readonly sequences: Readonly<Record<string, unknown>>;
  readonly roles: Readonly<Record<string, unknown>>;
  readonly policies: Readonly<Record<string, unknown>>;
  readonly schemas: Readonly<Record<string, string>>;
}
export interface SnapshotTable {
  readonly name: string;
  /** Empty for `public`. */
  readonly schema: string;
  readonly columns: Readonly<Record<string, SnapshotColumn>>;
  readonly indexes: Readonly<Record<string, SnapshotIndex>>;
  readonly foreignKeys: Readonly<Record<string, SnapshotForeignKey>>;
  readonly compositePrimaryKeys: Readonly<Record<string, unknown>>;
  readonly uniqueConstraints: Readonly<Record<string, unknown>>;
  readonly checkConstraints: Readonly<Record<string, { readonly name: string; readonly value: string }>>;
  readonly policies: Readonly<Record<string, unknown>>;
  readonly isRLSEnabled: boolean;
}
export interface SnapshotColumn {
  readonly name: string;
  readonly identity?: { readonly schema?: string };
}
export interface SnapshotIndex {
  readonly columns: readonly { readonly expression: string }[];
  readonly where?: string;
  readonly concurrently: boolean;
}
export interface SnapshotForeignKey {
  readonly columnsFrom: readonly string[];
  readonly tableTo: string;
  readonly schemaTo?: string;
  readonly columnsTo: readonly string[];
  readonly onDelete?: string;
  readonly onUpdate?: string;
}
export interface SnapshotEnum {
  readonly name: string;
  readonly schema: string;
  readonly values: readonly string[];
}

/** drizzle-kit as push uses it: it reads Drizzle tables and writes SQL, and never sees the database. */
export interface Kit {
  /** @throws {SchemaError} INVALID_OPTION for tables that drizzle-kit refuses, such as two indexes of one name */
  snapshotOf(schema: Readonly<Record<string, unknown>>): Snapshot;
  /** The SQL that makes `next` out of `previous`, which must hold nothing that `next` lacks. */
  statementsBetween(previous: Snapshot, next: Snapshot): Promise<string[]>;
}

/** @throws {SchemaError} MISSING_PACKAGE without drizzle-kit */
export async function loadKit(): Promise<Kit> {
  const api = await import("drizzle-kit/api").catch((cause: unknown) => {
    throw new SchemaError(
      "MISSING_PACKAGE",
      "push needs the package drizzle-kit, which could not be loaded. Install it with: npm install --save-dev drizzle-kit@0.31",
      { cause },
    );
  });
  return {
    snapshotOf: (schema) => withoutExit(() => api.generateDrizzleJson({ ...schema })) as unknown as Snapshot,
    statementsBetween: async (previous, next) => {
      type Snapshots = Parameters<typeof api.generateMigration>;
      const statements = await api.generateMigration(
        previous as unknown as Snapshots[0],
        next as unknown as Snapshots[1],
      );
      return statements.map((statement) => statement.trim());
    },
  };
}

/** drizzle-kit prints its complaint about a schema and ends the process; here it becomes an error. */
function withoutExit<T>(read: () => T): T {
  const { exit } = process;
  const { log } = console;
  const said: string[] = [];
  process.exit = () => {
    throw new SchemaError("INVALID_OPTION", `push: drizzle-kit refuses the schema: ${plain(said)}`);
  };
  console.log = (...parts: unknown[]) => void said.push(parts.join(" "));
  try {
    return read();
  } finally {
    process.exit = exit;
    console.log = log;
  }
}

const plain = (said: readonly string[]): string =>
  said
    .join(" ")
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the colours of a terminal
    .replace(/\u001b\[[0-9;]*m/g, "")
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^Warning /, "");
