import { defineConfig } from "vitest/config";

// One root run for all packages: a vitest process per package costs twice the time on two cores.
const packages = new URL("./packages/", import.meta.url).pathname;
// Packages resolve to their sources, so that no build comes before a test.
const shared = {
  resolve: {
    alias: [
      { find: /^@devora\/([\w-]+)$/, replacement: `${packages}$1/src/index.ts` },
      { find: /^@devora\/([\w-]+)\/([\w-]+)$/, replacement: `${packages}$1/src/$2.ts` },
    ],
  },
};

// Test files of a project share two workers and the modules in them, because loading and compiling these anew for each
// file was a third of all time. Workers are threads: they share what V8 compiled of PGlite, 10 MB of WebAssembly.
// `leftovers` fails a file that leaves something behind for the next.
const common = {
  pool: "threads",
  isolate: false,
  setupFiles: [`${packages}testing/src/leftovers.ts`],
  // Room for processes, which take seconds to start while others keep both cores busy.
  testTimeout: 90_000,
  hookTimeout: 120_000,
} as const;

export default defineConfig({
  ...shared,
  test: {
    maxWorkers: 2,
    projects: [
      {
        ...shared,
        test: { ...common, name: "unit", include: ["{packages,examples}/*/test/unit/**/*.test.ts"] },
      },
      // PGlite that a test opens itself: the same whichever server a run has, so that one lane runs it.
      {
        ...shared,
        test: { ...common, name: "embedded", include: ["{packages,examples}/*/test/embedded/**/*.test.ts"] },
      },
      // On the server of DATABASE_URL, or on PGlite.
      {
        ...shared,
        test: {
          ...common,
          name: "pg",
          include: ["{packages,examples}/*/test/pg/**/*.test.ts"],
          globalSetup: ["@devora/testing/global-setup"],
        },
      },
    ],
  },
});
