import type { Domain, Entity } from "./banks/domains.ts";

export type Locale = "fr" | "en";

/** The words that a template's {slots} stand for. */
export interface Slots {
  project: string;
  domain: string;
  audience: string;
  /** Plurals in words: what the application keeps, and what else. */
  entities: string;
  Entities: string;
  others: string;
  /** Names in code. */
  table: string;
  entity: string;
  Entity: string;
}

export function slotsOf(
  domain: Domain,
  entity: Entity,
  other: Entity,
  locale: Locale,
  project: string,
): Slots {
  const words = entity[locale];
  return {
    project,
    domain: domain[locale],
    audience: locale === "fr" ? domain.frAudience : domain.enAudience,
    entities: words,
    Entities: capitalize(words),
    others: other[locale],
    table: entity.snakePlural,
    entity: entity.camel,
    Entity: entity.pascal,
  };
}

export const capitalize = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1);

/** "Élise Lefèvre" -> "elise.lefevre". */
export const slug = (words: string, separator: string): string =>
  words
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/œ/g, "oe")
    .replace(/[^a-z0-9]+/g, separator);

// A template is cut at its slots once; a row then costs a few concatenations.
const parsed = new Map<string, readonly string[]>();

/** Puts words into a template's {slots}. */
export function fill(template: string, slots: Readonly<Record<string, string>> | Slots): string {
  let parts = parsed.get(template);
  if (parts === undefined) {
    parts = template.split(/[{}]/);
    parsed.set(template, parts);
  }
  let text = "";
  for (let i = 0; i < parts.length; i++) {
    // Every second part is the name of a slot.
    text += i % 2 === 0 ? parts[i] : ((slots as Record<string, string>)[parts[i] as string] ?? "");
  }
  return text;
}
