import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Context } from "../../src/context.ts";
import { isKnownLarge, rememberLarge } from "../../src/large-scopes.ts";
import type { Scope } from "../../src/queries/scope.ts";
import { devoraSources } from "../../src/sources/devora-sources.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const contextOf = () => ({}) as Context;
const scopeOf = (id: string, sources: Scope["sources"] = devoraSources): Scope => ({
  sources,
  owner: { id },
});

test("a scope is taken to be large for a minute: for its owner, its sources and its context alone", () => {
  const context = contextOf();
  rememberLarge(context, scopeOf("ann"));
  expect(isKnownLarge(context, scopeOf("ann"))).toBe(true);
  expect(isKnownLarge(context, scopeOf("bob"))).toBe(false);
  expect(isKnownLarge(context, { ...scopeOf("ann"), owner: "all" })).toBe(false);
  expect(isKnownLarge(context, scopeOf("ann", devoraSources.slice(1)))).toBe(false);
  expect(isKnownLarge(contextOf(), scopeOf("ann"))).toBe(false);
  vi.advanceTimersByTime(59_000);
  expect(isKnownLarge(context, scopeOf("ann"))).toBe(true);
  vi.advanceTimersByTime(2_000);
  expect(isKnownLarge(context, scopeOf("ann"))).toBe(false);
});

test("a thousand scopes are remembered, the latest", () => {
  const context = contextOf();
  for (let n = 0; n < 1_000; n++) rememberLarge(context, scopeOf(String(n)));
  rememberLarge(context, scopeOf("0"));
  rememberLarge(context, scopeOf("1000"));
  expect(isKnownLarge(context, scopeOf("0"))).toBe(true);
  expect(isKnownLarge(context, scopeOf("1"))).toBe(false);
  expect(isKnownLarge(context, scopeOf("2"))).toBe(true);
});
