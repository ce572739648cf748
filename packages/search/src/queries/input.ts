import { type SQL, sql } from "drizzle-orm";

/** The values of one search, as text, by name; null and absent are the same. */
export type SearchRequest = Readonly<Record<string, string | null | undefined>>;

/** Where a statement takes a request's values from. */
export interface Input {
  /** The value as an SQL expression of a type. Default `text`. */
  value(name: string, type?: string): SQL;
  /** False where it is known now that there is none, so that what needs it can be left out. */
  has(name: string): boolean;
  /** Set inside a kernel, which learns the request at each call: the schema of tables that name none. */
  readonly kernelSchema: string | undefined;
}

/** Values as bound parameters. */
export const boundInput = (request: SearchRequest): Input => ({
  value: (name, type = "text") =>
    type === "text"
      ? sql`${request[name] ?? null}::text`
      : sql`${request[name] ?? null}::text::${sql.raw(type)}`,
  has: (name) => request[name] != null,
  kernelSchema: undefined,
});

/** A value that a kernel takes out of its argument once, before its statement. */
export interface KernelVariable {
  readonly variable: string;
  readonly name: string;
  readonly type: string;
}

/**
 * Values as variables of a kernel, so that none is read from JSON, and no query parsed, for each row anew.
 * @param variables is filled with those that the statement uses
 */
export function kernelInput(schema: string, variables: KernelVariable[]): Input {
  const value = (name: string, type = "text"): SQL => {
    const known = variables.find((one) => one.name === name && one.type === type);
    const variable = known?.variable ?? `devora_${variables.length}`;
    if (!known) variables.push({ variable, name, type });
    return sql.raw(variable);
  };
  return { value, has: () => true, kernelSchema: schema };
}

/** A condition on a value: it holds where the value is missing, and is left out where that is known now. */
export function whenGiven(input: Input, name: string, condition: SQL): SQL | undefined {
  if (!input.has(name)) return undefined;
  return input.kernelSchema === undefined ? condition : sql`(${input.value(name)} is null or ${condition})`;
}
