import type { Context } from "./context.ts";
import type { Scope } from "./queries/scope.ts";

/** How long a scope is taken to be as large as it was, in milliseconds. */
const keptMs = 60_000;
const mostScopes = 1_000;

const foundLarge = new WeakMap<Context, Map<string, number>>();

const keyOf = ({ sources, owner }: Scope): string => JSON.stringify([sources.map(({ name }) => name), owner]);

/**
 * Whether a scope was large a moment ago, so that its vectors need not be counted again: to count 5,001 takes 30 ms
 * while no vacuum has passed over them. One that has become small since is answered by the index all the same, and
 * one by one where the index ends early.
 */
export const isKnownLarge = (context: Context, scope: Scope): boolean =>
  (foundLarge.get(context)?.get(keyOf(scope)) ?? 0) > performance.now();

export function rememberLarge(context: Context, scope: Scope): void {
  const known = foundLarge.get(context) ?? new Map<string, number>();
  foundLarge.set(context, known);
  const key = keyOf(scope);
  known.delete(key);
  known.set(key, performance.now() + keptMs);
  const [oldest] = known.keys();
  if (known.size > mostScopes && oldest !== undefined) known.delete(oldest);
}
