import type { TextKind } from "./chunking/chunk-text.ts";

/** Where a passage stands, for what is said before it. */
export interface PassageContext {
  /** The source's name. */
  source: string;
  entityId: string;
  /** The row's, trimmed; empty where it has none. */
  title: string;
  /** Headings above the passage (`Guide › Install`), or who speaks where it begins within a turn; else empty. */
  headings: string;
  kind: TextKind;
}

/**
 * What is embedded before a passage, with a blank line between; an empty string for nothing. It is neither stored
 * nor shown, and a passage whose prefix changes is embedded anew.
 */
export type ContextPrefix = (context: PassageContext) => string;
