export type { MaintenanceReport } from "./embedded/maintenance.ts";
export { type EmbeddedDatabase, type EmbeddedOptions, openEmbedded } from "./embedded/open-embedded.ts";
