/** The dependency rule: packages meet in the examples alone. */
module.exports = {
  forbidden: [
    {
      name: "libs-import-only-db-schema",
      comment:
        "A published package imports @devora/db-schema and no sibling; what it needs of one is a port.",
      severity: "error",
      from: { path: "^packages/(analytics|metrics|search|embeddings|rag)/src" },
      to: { path: "^(packages/(?!db-schema/)|@devora/(?!db-schema)|examples/)", pathNot: "^packages/$1/" },
    },
    {
      name: "db-schema-imports-no-package",
      severity: "error",
      from: { path: "^packages/db-schema/src" },
      to: { path: "^(packages/(?!db-schema/)|@devora/|examples/)" },
    },
    {
      name: "production-never-loads-pglite",
      comment: "PGlite is loaded by the entry point `embedded` alone.",
      severity: "error",
      from: { path: "^packages/[^/]+/src", pathNot: "^packages/(db-schema/src/embedded|testing/|bench/)" },
      to: { path: "pglite" },
    },
    {
      name: "main-entry-never-loads-testing-entry",
      severity: "error",
      from: { path: "^packages/[^/]+/src/(?!testing)", pathNot: "^packages/(testing|bench)/" },
      to: { path: "^packages/[^/]+/src/testing" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(^|/)(dist|node_modules)/" },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      conditionNames: ["@devora/source", "import", "require", "node", "default"],
      exportsFields: ["exports"],
    },
  },
};
