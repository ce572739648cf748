import { describe, expect, test } from "vitest";
import { findCommand, parseOptions } from "../../src/cli/arguments.ts";
import type { Command } from "../../src/cli/command.ts";
import { commands } from "../../src/cli/commands/index.ts";
import { mayLose } from "../../src/cli/confirm.ts";
import { redact } from "../../src/cli/redact.ts";
import { nearest } from "../../src/cli/suggest.ts";
import { assertTarget } from "../../src/cli/target.ts";
import type { Terminal } from "../../src/cli/terminal.ts";

const command = (name: string): Command => findCommand(commands, name);
const refusal = (fn: () => unknown): string => {
  try {
    fn();
  } catch (error) {
    return (error as Error).message;
  }
  return "";
};

describe("arguments", () => {
  test.each([
    ["migrat", "Did you mean migrate?"],
    ["roll-back", "Did you mean rollback?"],
    ["--json", "Name the command first"],
  ])("the command %s is refused: %s", (argument, hint) => {
    expect(refusal(() => findCommand(commands, argument))).toContain(hint);
  });

  test("what is no command is never echoed, because it may be a URL", () => {
    expect(refusal(() => findCommand(commands, "postgres://a:secret@b/c"))).toBe("There is no such command.");
    expect(refusal(() => parseOptions(command("status"), ["postgres://a:secret@b/c"]))).not.toContain(
      "secret",
    );
    expect(refusal(() => parseOptions(command("status"), ["--uri=postgres://a:secret@b/c"]))).toBe(
      "status has no option --uri. Did you mean --url?",
    );
  });

  test.each([
    ["rollback", ["--step", "1"], "Did you mean --steps?"],
    ["doctor", ["--zzzzzz"], "doctor has no option --zzzzzz."],
    ["rollback", ["--steps"], "argument missing"],
    ["doctor", ["--json=yes"], "does not take an argument"],
  ])("%s %j is refused", (name, args, message) => {
    expect(refusal(() => parseOptions(command(name), args))).toContain(message);
  });

  test.each([
    ["rollback", {}, "--steps"],
    ["rollback", { steps: "0" }, "from 1"],
    ["rollback", { steps: "1.5" }, "whole number"],
    ["rollback", { steps: "1e1" }, "whole number"],
    ["migrate", { modules: "app,billing" }, "core, app"],
    ["migrate", { modules: "app," }, "separated by commas"],
    ["partitions", { ahead: "121" }, "from 0 to 120"],
    ["partitions", { "drop-before": "2025-02-30" }, "past day"],
    ["partitions", { "drop-before": "2999-01-01" }, "past day"],
    ["partitions", { archive: "here" }, "--drop-before"],
    ["partitions", { "prune-ids": "30" }, "from 31 to"],
    ["restore", {}, "--archive <file>"],
    ["restore", { archive: "a.ndjson.gz", without: "/no/such/file" }, "cannot be read"],
    ["seed", { size: "0" }, "above 0"],
    ["seed", { size: "many" }, "above 0"],
    ["seed", { seed: "a" }, "whole number"],
    ["doctor", { schemas: "" }, "separated by commas"],
  ])("%s with %j is refused before anything is opened", (name, values, message) => {
    expect(refusal(() => command(name).prepare(values))).toContain(message);
  });
});

test("the nearest name is near, or none", () => {
  expect(nearest("statsu", ["status", "seed"])).toBe("status");
  expect(nearest("x", ["status", "seed"])).toBeUndefined();
});

test.each([
  [{ url: undefined, embedded: undefined }, "DATABASE_URL"],
  [{ url: "", embedded: undefined }, "DATABASE_URL"],
  [{ url: "mysql://a:secret@b", embedded: undefined }, "must begin with postgres://"],
  [{ url: undefined, embedded: "" }, "must name a folder"],
  [{ url: undefined, embedded: "/nowhere" }, "devora-db migrate --embedded /nowhere"],
])("a database that is not there is refused: %j", (target, message) => {
  const said = refusal(() => assertTarget({ ...target, makesFolder: false }));
  expect(said).toContain(message);
  expect(said).not.toContain("secret");
});

test("a URL and its password leave no trace in a message", () => {
  const url = "postgres://ada:s3cr@t@db:5432/shop";
  expect(redact(`connect ${url} failed, ada:s3cr@t@db`, url)).toBe(
    "connect <the connection URL> failed, ada:***@db",
  );
});

describe("rows are lost only after a yes", () => {
  const terminal = (interactive: boolean, answer = false): Terminal => ({
    print: () => {},
    note: () => {},
    progress: () => {},
    interactive,
    confirm: async () => answer,
    signal: new AbortController().signal,
  });
  test("in a terminal the answer decides", async () => {
    expect(await mayLose(terminal(true, true), "Gone.", false)).toBe(true);
    expect(await mayLose(terminal(true, false), "Gone.", false)).toBe(false);
  });
  test("elsewhere --yes decides", async () => {
    expect(await mayLose(terminal(false), "Gone.", true)).toBe(true);
    await expect(mayLose(terminal(false), "Gone.", false)).rejects.toThrow("--yes");
  });
});
