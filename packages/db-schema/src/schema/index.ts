export * from "./analytics.ts";
export * from "./app.ts";
export * from "./core.ts";
export * from "./embeddings.ts";
export * from "./metrics.ts";
export * from "./search.ts";
export type * from "./types.ts";
