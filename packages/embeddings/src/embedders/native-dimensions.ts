/** The length of vectors by OpenAI's models, unless shortened. */
export const nativeDimensions: ReadonlyMap<string, number> = new Map([
  ["text-embedding-3-small", 1536],
  ["text-embedding-3-large", 3072],
  ["text-embedding-ada-002", 1536],
]);
