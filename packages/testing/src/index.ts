export { catalogueOf } from "./catalogue.ts";
export { type Deferred, deferred } from "./deferred.ts";
export { createEmptyDatabase, hasServer, openEmptyEmbedded } from "./empty-database.ts";
export { seedProject, seedUser } from "./fixtures.ts";
export { needsEveryLane, poolerUrlOf } from "./lanes.ts";
export {
  type Finding,
  type FunctionFacts,
  inRole,
  lintRowSecurity,
  type MatrixResult,
  plantRows,
  quoted,
  type RowSecurityFacts,
  readTables,
  runMatrix,
  type TableFacts,
  type Verb,
} from "./row-security/index.ts";
export { createTestDatabase, installedModules, type TestDatabase, useTestDatabase } from "./test-database.ts";
export { killStanding, startProcess, type TestProcess } from "./test-process.ts";
export { createTextSearchDatabase } from "./text-search-database.ts";
