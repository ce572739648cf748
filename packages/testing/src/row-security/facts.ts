/** What the migrations mean a table's security to be. The matrix and the lints hold the database to it. */
export interface TableFacts {
  /** Column that holds the owner; `null` for tables without owners, which only the service may write. */
  owner: string | null;
  /** Verbs that devora_app has on the whole table. Default none. */
  app?: readonly Verb[];
  /** Columns that devora_app may update, where it may not update all. */
  appUpdates?: readonly string[];
  /** Verbs that devora_definer has. Default none. */
  definer?: readonly Verb[];
  /** Values that checks of the table ask for, by column; everything else is made from the column's type. */
  values?: Readonly<Record<string, unknown>>;
  /** Foreign keys that name no owner, by constraint. Only where devora_app can write neither table. */
  keysWithoutOwner?: readonly string[];
}

export type Verb = "select" | "insert" | "update" | "delete";

export interface FunctionFacts {
  /** Runs with its owner's rights. Default false. */
  definer?: boolean;
  /** Roles that may execute it, apart from its owner. */
  execute: readonly ("public" | "devora_app" | "devora_service")[];
}

/** A schema's security, by qualified name as the catalogue spells it. */
export interface RowSecurityFacts {
  tables: Readonly<Record<string, TableFacts>>;
  /** Views: their owner's column, if they show one, and whether devora_app may read them. */
  views: Readonly<Record<string, { owner: string | null; app: boolean }>>;
  functions: Readonly<Record<string, FunctionFacts>>;
  /** Policies beyond the owner's, the service's and the definer's: `schema.table.policy`. */
  extraPolicies: readonly string[];
}

/** One difference between the database and the facts. */
export interface Finding {
  /** Name of the check or lint. */
  rule: string;
  /** Table, view, function or policy. */
  subject: string;
  message: string;
}
