import { chunkPassages, devoraSources } from "@devora/search";

/** The tables that this host searches: four for people, and the passages that answers are made from. */
export const searchSources = [...devoraSources, chunkPassages.rows] as const;
