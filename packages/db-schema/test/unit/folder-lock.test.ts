import { type ChildProcess, fork, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
import { lockFolder } from "../../src/embedded/folder-lock.ts";
import { thisProcess } from "../../src/embedded/running-process.ts";

const parent = realpathSync(mkdtempSync(join(tmpdir(), "devora-lock-")));
const folder = join(parent, "data");
const lock = `${folder}.lock`;
const hasProc = existsSync("/proc/self/stat");

beforeEach(() => mkdirSync(folder));
afterEach(() => {
  for (const name of readdirSync(parent)) rmSync(join(parent, name), { recursive: true });
});
afterAll(() => rmSync(parent, { recursive: true, force: true }));

/** The id of a process that is gone. */
const deadPid = (): number => spawnSync(process.execPath, ["--version"]).pid;

/** The lock that a process has while it replaces a lock of this content. */
const claimOf = (content: string): string =>
  `${lock}.${createHash("sha256").update(content).digest("hex").slice(0, 16)}`;

describe("many processes at once", () => {
  const contenders: ChildProcess[] = [];
  const ask = async (contender: ChildProcess, message: object): Promise<string> => {
    const answer = once(contender, "message");
    contender.send(message);
    return String((await answer)[0]);
  };
  const race = () => {
    const at = Date.now() + 20;
    return Promise.all(contenders.map((contender) => ask(contender, { folder, at })));
  };
  afterAll(() => {
    for (const contender of contenders) contender.kill("SIGKILL");
  });

  test.each([
    ["a fresh lock", () => {}],
    [
      "the lock of a dead process",
      () => writeFileSync(lock, JSON.stringify({ pid: deadPid(), token: "old" })),
    ],
    ["a lock as earlier versions wrote it", () => writeFileSync(lock, String(deadPid()))],
  ])(
    "exactly one gets %s",
    async (_case, prepare) => {
      while (contenders.length < 6) {
        const contender = fork(new URL("../processes/lock-contender.ts", import.meta.url), { execArgv: [] });
        await once(contender, "message");
        contenders.push(contender);
      }
      for (let round = 0; round < 25; round++) {
        prepare();
        const outcomes = await race();
        expect(outcomes.filter((outcome) => outcome === "won")).toHaveLength(1);
        expect(outcomes.filter((outcome) => outcome === "FOLDER_LOCKED")).toHaveLength(5);
        await Promise.all(contenders.map((contender) => ask(contender, {})));
        expect(readdirSync(parent)).toEqual(["data"]);
      }
    },
    60_000,
  );

  test("the lock of a killed process is taken over", async () => {
    const [holder] = contenders.splice(0, 1) as [ChildProcess];
    expect(await ask(holder, { folder, at: 0 })).toBe("won");
    expect(() => lockFolder(folder)).toThrow(String(holder.pid));
    holder.kill("SIGKILL");
    await once(holder, "exit");
    lockFolder(folder)();
    expect(readdirSync(parent)).toEqual(["data"]);
  });
});

test("a running process keeps its lock", () => {
  writeFileSync(lock, String(process.ppid));
  expect(() => lockFolder(folder)).toThrow(`process ${process.ppid} has the folder`);
});

test.skipIf(!hasProc)(
  "a lock is taken over when its process id was given to another process (needs /proc)",
  () => {
    writeFileSync(lock, JSON.stringify({ pid: process.ppid, start: "an-earlier-boot:1", token: "old" }));
    lockFolder(folder)();
  },
);

test("a lock with the id of this process, left by a predecessor, is taken over", () => {
  writeFileSync(lock, String(process.pid));
  lockFolder(folder)();
});

test.skipIf(!hasProc)(
  "a lock that another thread or copy of the module took here is respected (needs /proc)",
  () => {
    writeFileSync(lock, JSON.stringify({ ...thisProcess(), token: "of another copy" }));
    expect(() => lockFolder(folder)).toThrow(`process ${process.pid} has the folder`);
  },
);

test("a taker that dies while it takes over does not lock the folder for ever", () => {
  writeFileSync(lock, String(deadPid()));
  expect(() => lockFolder(folder)).not.toThrow();
  rmSync(lock);
  const stale = String(deadPid());
  writeFileSync(lock, stale);
  writeFileSync(claimOf(stale), String(deadPid()));
  lockFolder(folder)();
  expect(readdirSync(parent)).toEqual(["data"]);
});

test("while one process takes over, another is refused", () => {
  const stale = String(deadPid());
  writeFileSync(lock, stale);
  writeFileSync(claimOf(stale), String(process.ppid));
  expect(() => lockFolder(folder)).toThrow(String(process.ppid));
});

test("a lock that names no process is kept, and the message says what to delete", () => {
  writeFileSync(lock, "");
  expect(() => lockFolder(folder)).toThrow(`the lock ${lock}`);
});

test("a folder has one lock by whatever path it is opened", () => {
  symlinkSync(folder, join(parent, "link"));
  const unlock = lockFolder(folder);
  expect(() => lockFolder(join(parent, "link"))).toThrow(`process ${process.pid} has the folder`);
  unlock();
});

test("giving back leaves a lock alone that another process has taken since", () => {
  const unlock = lockFolder(folder);
  writeFileSync(lock, String(process.ppid));
  unlock();
  expect(existsSync(lock)).toBe(true);
});
