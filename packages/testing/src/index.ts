export { catalogueOf } from "./catalogue.ts";
export { type Deferred, deferred } from "./deferred.ts";
export { createEmptyDatabase, hasServer } from "./empty-database.ts";
export { seedProject, seedUser } from "./fixtures.ts";
export { createTestDatabase, installedModules, type TestDatabase, useTestDatabase } from "./test-database.ts";
