import type { Entity, Field } from "../banks/domains.ts";
import type { ProjectText } from "../project-text.ts";
import { below, type Stream } from "../random.ts";

/** What a file's text is made of. */
export interface FileContext {
  random: Stream;
  project: ProjectText;
  /** The project's name as in a package name. */
  slug: string;
  entity: Entity;
  other: Entity;
  fields: readonly Field[];
}

export interface FileTemplate {
  path: (context: FileContext) => string;
  programmingLanguage:
    | "typescript"
    | "javascript"
    | "python"
    | "sql"
    | "css"
    | "html"
    | "markdown"
    | "json"
    | "yaml";
  content: (context: FileContext) => string;
}

/** Some of the list, in its order, at least one. */
export function some<T>(random: Stream, list: readonly T[], atMost: number): T[] {
  const start = below(random, list.length);
  const count = 1 + below(random, Math.min(atMost, list.length));
  return list.filter((_, index) => (index - start + list.length) % list.length < count);
}
