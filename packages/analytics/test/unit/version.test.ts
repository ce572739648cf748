import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { libraryVersion } from "../../src/version.ts";

test("the version in events is the package's", () => {
  const manifest = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  expect(libraryVersion).toBe(manifest.version);
});
