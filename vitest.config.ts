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

export default defineConfig({
  ...shared,
  test: {
    maxWorkers: 2,
    projects: [
      {
        ...shared,
        test: {
          name: "unit",
          include: ["{packages,examples}/*/test/unit/**/*.test.ts"],
          // Some start a process, which takes seconds while others keep both cores busy.
          testTimeout: 60_000,
        },
      },
      {
        ...shared,
        test: {
          name: "pg",
          include: ["{packages,examples}/*/test/pg/**/*.test.ts"],
          globalSetup: ["@devora/testing/global-setup"],
          testTimeout: 90_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
