import { defineConfig, type Options } from "tsup";

/**
 * The one build of every published package: ESM and CommonJS with declarations, for Node 20 and newer.
 * tsup does not type-check; turbo runs `typecheck` before `build`.
 */
export const library = (entry: Options["entry"] & object) =>
  defineConfig({ entry, format: ["esm", "cjs"], dts: true, sourcemap: true, clean: true, target: "node20" });
