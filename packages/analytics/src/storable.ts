import type { Issues } from "./issues.ts";
import { isStorableText, storableText } from "./storable-text.ts";

/** PostgreSQL's jsonb stops at its stack depth; people stop far earlier. */
const maxDepth = 32;
const tooLarge = Symbol("too large");

/**
 * A copy of `values` that JSON and PostgreSQL's jsonb can hold, of at most `maxBytes` of JSON.
 *
 * Dates become ISO 8601 text, bigints decimal text, `toJSON` is called, undefined is left out as in JSON.
 * What cannot be stored is reported: U+0000 and lone surrogates become U+FFFD, non-finite numbers null; functions,
 * symbols, class instances, circular references and what lies deeper than 32 levels are left out, and so is each
 * property that cannot be read or does not fit any more.
 */
export function storableObject(
  values: Readonly<Record<string, unknown>>,
  path: string,
  maxBytes: number,
  issues: Issues,
): Record<string, unknown> {
  const stored: Record<string, unknown> = Object.create(null);
  const walk: Walk = { bytesLeft: maxBytes, issues, ancestors: new Set([values]) };
  for (const key of Object.keys(values)) {
    const bytesBefore = walk.bytesLeft;
    try {
      storeMember(stored, key, values[key], `${path}.${key}`, 1, walk);
    } catch (error) {
      walk.bytesLeft = bytesBefore;
      const allowed = error === tooLarge ? `at most ${maxBytes} bytes of JSON together` : "a readable value";
      issues.add(
        `${path}.${key}`,
        undefined,
        allowed,
        error === tooLarge ? "too much" : "an error on reading",
      );
    }
  }
  return stored;
}

interface Walk {
  bytesLeft: number;
  readonly issues: Issues;
  /** The objects that contain the current value. */
  readonly ancestors: Set<unknown>;
}

function storeMember(
  target: Record<string, unknown>,
  key: string,
  value: unknown,
  path: string,
  depth: number,
  walk: Walk,
): void {
  if (value === undefined) return;
  const storableKey = storableText(key);
  if (storableKey !== key) walk.issues.add(path, key, "a name without U+0000 and lone surrogates");
  const stored = storableValue(value, path, depth, walk);
  if (stored === undefined) return;
  spend(walk, storableKey);
  target[storableKey] = stored;
}

function storableValue(value: unknown, path: string, depth: number, walk: Walk): unknown {
  switch (typeof value) {
    case "string":
      if (!isStorableText(value)) walk.issues.add(path, value, "text without U+0000 and lone surrogates");
      return spend(walk, storableText(value));
    case "number":
      if (!Number.isFinite(value)) walk.issues.add(path, value, "a finite number");
      return spend(walk, Number.isFinite(value) ? value : null);
    case "bigint":
      return spend(walk, value.toString());
    case "boolean":
      return spend(walk, value);
    case "object":
      return value === null ? spend(walk, null) : storableContainer(value, path, depth, walk);
    default:
      if (value !== undefined) walk.issues.add(path, value, "a value that JSON knows");
      return undefined;
  }
}

function storableContainer(value: object, path: string, depth: number, walk: Walk): unknown {
  if (value instanceof Date) {
    const valid = !Number.isNaN(value.getTime());
    if (!valid) walk.issues.add(path, value, "a valid Date");
    return spend(walk, valid ? value.toISOString() : null);
  }
  if (depth > maxDepth || walk.ancestors.has(value)) {
    walk.issues.add(path, value, `no circular reference and at most ${maxDepth} levels`);
    return undefined;
  }
  walk.ancestors.add(value);
  try {
    if ("toJSON" in value && typeof value.toJSON === "function") {
      return storableValue(value.toJSON(), path, depth + 1, walk);
    }
    if (Array.isArray(value)) return storableArray(value, path, depth, walk);
    if (isPlainObject(value)) {
      const stored: Record<string, unknown> = Object.create(null);
      spend(walk, null);
      for (const key of Object.keys(value)) {
        storeMember(stored, key, value[key], `${path}.${key}`, depth + 1, walk);
      }
      return stored;
    }
    walk.issues.add(path, value, "a plain object");
    return undefined;
  } finally {
    walk.ancestors.delete(value);
  }
}

function storableArray(values: readonly unknown[], path: string, depth: number, walk: Walk): unknown[] {
  const stored: unknown[] = [];
  spend(walk, null);
  // By index: the holes of a sparse array cost bytes as well, so a huge one ends at the limit.
  for (let i = 0; i < values.length; i++) {
    const element = storableValue(values[i], `${path}.${i}`, depth + 1, walk);
    stored.push(element === undefined ? spend(walk, null) : element);
  }
  return stored;
}

/** Takes what the value costs as JSON, with its separator, from the bytes that are left. */
function spend<T extends string | number | boolean | null>(walk: Walk, value: T): T {
  // A text is at least as many bytes as it has UTF-16 units, so a huge one need not be escaped to be refused.
  if (typeof value === "string" && value.length > walk.bytesLeft) throw tooLarge;
  walk.bytesLeft -= Buffer.byteLength(JSON.stringify(value)) + 1;
  if (walk.bytesLeft < 0) throw tooLarge;
  return value;
}

/** Also true for plain objects of another realm, whose prototype is another Object.prototype. */
export function isPlainObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
