export type { Finding, FunctionFacts, RowSecurityFacts, TableFacts, Verb } from "./facts.ts";
export { lintRowSecurity } from "./lints.ts";
export { type MatrixResult, runMatrix } from "./matrix.ts";
export { quoted, readTables, type Table } from "./read-catalogue.ts";
export { type PlantedRows, plantRows } from "./rows.ts";
export { inRole } from "./scopes.ts";
