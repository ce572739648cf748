import type { Services } from "../services.ts";

/** What a search answers. */
export type SearchAnswer = Awaited<ReturnType<Services["search"]["search"]>>;

export interface SearchView {
  query: string;
  type: string;
  /** Undefined before anything was asked. */
  answer: SearchAnswer | undefined;
  /** A page after the first: its results alone, below those of the page before. */
  isFurther: boolean;
}

/** The address of a search; a page of it by its cursor. */
export const searchPath = (path: "/" | "/search/results", parameters: Record<string, string>): string =>
  `${path}?${new URLSearchParams(parameters)}`;
