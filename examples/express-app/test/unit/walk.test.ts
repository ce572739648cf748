import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { programmingLanguageOf, textLanguageOf } from "../../src/demo/languages.ts";
import { maximumBytes, type Visit, walkFolder } from "../../src/demo/walk.ts";

const folder = mkdtempSync(join(tmpdir(), "devora-walk-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function write(path: string, content: string | Buffer): void {
  const full = join(folder, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, content);
}

test("text files are read, and everything else is skipped with its reason", async () => {
  write("src/a.ts", "export const a = 1;\n");
  write("é.md", "# Accents\n");
  write("empty.txt", "");
  write("logo.png", Buffer.from([0x89, 0x50, 0, 1]));
  write("latin1.txt", Buffer.from([0x63, 0x61, 0x66, 0xe9]));
  write("huge.txt", "x".repeat(maximumBytes + 1));
  write(".gitignore", "*.log\n/build/\n");
  write("error.log", "no");
  write("build/out.js", "no");
  write("deep/.gitignore", "local.ts\n");
  write("deep/local.ts", "no");
  write("deep/kept.ts", "yes");
  write("local.ts", "yes");
  write("node_modules/x/index.js", "no");
  symlinkSync("/etc", join(folder, "etc"));

  const visits: Visit[] = [];
  for await (const visit of walkFolder(folder)) visits.push(visit);
  const read = visits.filter((visit) => "content" in visit).map((visit) => visit.path);
  const skipped = Object.fromEntries(
    visits.flatMap((visit) => ("skipped" in visit ? [[visit.path, visit.skipped]] : [])),
  );

  expect(read).toEqual([
    ".gitignore",
    "deep/.gitignore",
    "deep/kept.ts",
    "empty.txt",
    "local.ts",
    "src/a.ts",
    "é.md",
  ]);
  expect(skipped).toEqual({
    build: "ignored",
    "deep/local.ts": "ignored",
    "error.log": "ignored",
    etc: "ignored",
    "huge.txt": "oversized",
    "latin1.txt": "binary",
    "logo.png": "binary",
    node_modules: "ignored",
  });
});

test.skipIf(process.getuid?.() === 0)(
  "an unreadable file is counted, not fatal (root reads everything, so not as root)",
  async () => {
    write("secret/key.txt", "x");
    chmodSync(join(folder, "secret/key.txt"), 0o000);
    const visits: Visit[] = [];
    for await (const visit of walkFolder(join(folder, "secret"))) visits.push(visit);
    expect(visits).toEqual([{ path: "key.txt", skipped: "unreadable" }]);
  },
);

test.each([
  ["index.test.ts", "typescript"],
  ["Dockerfile", "dockerfile"],
  ["schema.SQL", "sql"],
  ["notes", "text"],
])("%s is %s", (name, language) => {
  expect(programmingLanguageOf(name)).toBe(language);
});

test.each([
  ["Les données sont dans la base pour que nous les retrouvions avec une requête.", "fr"],
  ["The rows are in the database so that you find them with a query.", "en"],
  ["Comment sécuriser une API REST ?", "fr"],
  ["How do I scope queries to one user?", "en"],
  ["const x = 1;", "simple"],
])("%s reads as %s", (text, language) => {
  expect(textLanguageOf(text)).toBe(language);
});
