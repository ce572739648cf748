import { type SQL, sql } from "drizzle-orm";

/** The values of one search, as text, by name; null and absent are the same. */
export type SearchRequest = Readonly<Record<string, string | null | undefined>>;

/** Where a statement takes a request's values from. */
export interface Input {
  /** The value as an SQL expression of a type. Default `text`. */
  value(name: string, type?: string): SQL;
  /** False where it is known now that there is none, so that what needs it can be left out. */
  has(name: string): boolean;
  /** Set inside a kernel, which learns the request at each call. */
  readonly kernel: KernelScope | undefined;
}

export interface KernelScope {
  /** Of tables that name none. */
  readonly schema: string;
  /** Whose rows, by `app.user_id`; undefined where the request may name an owner, and policies decide. */
  readonly owner: SQL | undefined;
}

/** Values as bound parameters. */
export const boundInput = (request: SearchRequest): Input => ({
  value: (name, type = "text") =>
    type === "text"
      ? sql`${request[name] ?? null}::text`
      : sql`${request[name] ?? null}::text::${sql.raw(type)}`,
  has: (name) => request[name] != null,
  kernel: undefined,
});

/** A value that a kernel takes out of its argument once, before its statements. */
export interface KernelVariable {
  readonly variable: string;
  readonly name: string;
  readonly type: string;
}

export interface KernelOf {
  readonly schema: string;
  /** For the rows of `app.user_id` alone. */
  readonly isOwn: boolean;
}

/** The owner whom a kernel reads from `app.user_id`. */
export const ownerVariable = "devora_owner";

/**
 * Values as variables of a kernel, so that none is read from JSON, and no query parsed, for each row anew.
 * @param variables is filled with those that the statement uses
 */
export function kernelInput(kernel: KernelOf, variables: KernelVariable[]): Input {
  const value = (name: string, type = "text"): SQL => sql.raw(variableOf(variables, name, type));
  const owner = kernel.isOwn ? sql.raw(ownerVariable) : undefined;
  return { value, has: () => true, kernel: { schema: kernel.schema, owner } };
}

/**
 * Values as parameters of a statement that a kernel plans at each call, by its variables.
 * @param used is filled with the variables in the order of the parameters
 */
export function plannedInput(kernel: KernelOf, variables: KernelVariable[], used: string[]): Input {
  const parameter = (variable: string): SQL => {
    if (!used.includes(variable)) used.push(variable);
    return sql.raw(`$${used.indexOf(variable) + 1}`);
  };
  const value = (name: string, type = "text"): SQL => parameter(variableOf(variables, name, type));
  const owner = kernel.isOwn ? parameter(ownerVariable) : undefined;
  return { value, has: () => true, kernel: { schema: kernel.schema, owner } };
}

function variableOf(variables: KernelVariable[], name: string, type: string): string {
  const known = variables.find((one) => one.name === name && one.type === type);
  const variable = known?.variable ?? `devora_${variables.length}`;
  if (!known) variables.push({ variable, name, type });
  return variable;
}

/** A condition on a value: it holds where the value is missing, and is left out where that is known now. */
export function whenGiven(input: Input, name: string, condition: SQL): SQL | undefined {
  if (!input.has(name)) return undefined;
  return input.kernel === undefined ? condition : sql`(${input.value(name)} is null or ${condition})`;
}
