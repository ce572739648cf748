import { expect, test } from "vitest";
import { parseOptions, UsageError } from "../../src/options.ts";

const paths = { repository: "/repository", host: "/repository/examples/host", current: "/home/me" };
const parse = (args: string[], environment: Record<string, string> = {}) =>
  parseOptions(args, environment, paths);

test("without anything it is the embedded database on port 3000, importing the repository", () => {
  expect(parse([])).toMatchObject({
    port: 3000,
    host: "127.0.0.1",
    databaseUrl: undefined,
    dataDir: "/repository/examples/host/.devora/data",
    importFolder: "/repository",
    size: 1,
    reset: false,
  });
});

test("a folder is relative to where the command was called, and the -- of a package manager is no argument", () => {
  expect(parse(["--", "--demo", "--import", "notes"])).toMatchObject({
    demo: true,
    importFolder: "/home/me/notes",
  });
});

test("an empty variable counts as unset", () => {
  expect(parse([], { DATABASE_URL: "", OPENAI_API_KEY: " " })).toMatchObject({
    databaseUrl: undefined,
    openai: { apiKey: undefined },
  });
});

test.each([
  [["--port", "70000"], {}, "--port or PORT"],
  [[], { PORT: "http" }, "--port or PORT"],
  [["--size", "0"], {}, "--size"],
  [["--size", "1000"], {}, "--size"],
  [["--seed", "1.5"], {}, "--seed"],
  [["--imports", "x"], {}, "--imports"],
  [[], { DATABASE_URL: "localhost" }, "DATABASE_URL"],
  [[], { DATABASE_URL: "mysql://localhost/x" }, "DATABASE_URL"],
] as const)("%j %j is refused and named", (args, environment, name) => {
  expect(() => parse([...args], environment)).toThrow(UsageError);
  expect(() => parse([...args], environment)).toThrow(name);
});

test("a refused DATABASE_URL does not show its password", () => {
  const refusal = () => {
    try {
      return parse([], { DATABASE_URL: "mysql://me:s3cret@localhost/x" });
    } catch (error) {
      return String(error);
    }
  };
  expect(refusal()).toContain("DATABASE_URL");
  expect(refusal()).not.toContain("s3cret");
});
