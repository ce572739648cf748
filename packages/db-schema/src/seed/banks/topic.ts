/** A question that people ask about their application, and what the assistant answers. */
export interface Exchange {
  /** Ways to ask. */
  questions: readonly string[];
  /** Ways to begin the answer: each answers the question by itself. */
  leads: readonly string[];
  /** Sentences that fit behind any of the leads, in any order. */
  details: readonly string[];
}

/**
 * A subject of conversation. {project} is the project's name, {entities} what it keeps, in words;
 * {table}, {entity} and {Entity} are the names that its code uses for them.
 */
export interface Topic {
  key: string;
  titles: readonly string[];
  exchanges: readonly Exchange[];
}

export const topic = (key: string, titles: readonly string[], ...exchanges: readonly Exchange[]): Topic => ({
  key,
  titles,
  exchanges,
});

export const exchange = (
  questions: readonly string[],
  leads: readonly string[],
  details: readonly string[],
): Exchange => ({ questions, leads, details });
