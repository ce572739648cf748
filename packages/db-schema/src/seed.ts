export type { SeedOptions, SeedProgress } from "./seed/options.ts";
export { type PopulationSummary, seedPopulation } from "./seed/seed-population.ts";
