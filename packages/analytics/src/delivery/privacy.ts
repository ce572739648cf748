import { createHmac } from "node:crypto";
import type { Catalogue } from "../catalogue/define-catalogue.ts";
import type { Check } from "../check-option.ts";

/** The properties of an event that may leave; undefined for an event of which the catalogue says nothing. */
export type Privacy = (
  event: string,
  properties: Readonly<Record<string, unknown>>,
) => Readonly<Record<string, unknown>> | undefined;

/**
 * Applies a catalogue's privacy classes: `keep` as it is, `hash` as the hexadecimal HMAC-SHA256 of its text (of its
 * JSON, where it is none) with `hashKey`, null as null, `drop` and whatever is not declared left out.
 * @throws {AnalyticsError} INVALID_OPTION without a key where the catalogue hashes
 */
export function createPrivacy(catalogue: Catalogue, hashKey: string | undefined, check: Check): Privacy {
  const hashes = Object.values(catalogue).some(({ properties }) =>
    Object.values(properties).some(({ privacy }) => privacy === "hash"),
  );
  const isKey = typeof hashKey === "string" && hashKey.length >= 16;
  const allowed = "at least 16 characters, secret and always the same; the catalogue has properties to hash";
  check("hashKey", hashKey, allowed, isKey || (hashKey === undefined && !hashes));

  const digest = (value: unknown): unknown => {
    if (value === null) return null;
    const text = typeof value === "string" ? value : JSON.stringify(value);
    return createHmac("sha256", String(hashKey)).update(text).digest("hex");
  };
  return (event, properties) => {
    const definition = Object.hasOwn(catalogue, event) ? catalogue[event] : undefined;
    if (definition === undefined) return undefined;
    const allowed: [string, unknown][] = [];
    for (const [name, { privacy }] of Object.entries(definition.properties)) {
      if (privacy === "drop" || !Object.hasOwn(properties, name)) continue;
      allowed.push([name, privacy === "hash" ? digest(properties[name]) : properties[name]]);
    }
    return Object.fromEntries(allowed);
  };
}

/** The context but for the list of what was invalid: its paths hold names that callers made up. */
export function publicContext(context: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const { $invalid: _, ...rest } = context;
  return rest;
}
