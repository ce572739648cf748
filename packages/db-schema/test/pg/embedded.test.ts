import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { rowsOf } from "@devora/db-schema";
import { openEmbedded } from "@devora/db-schema/embedded";
import { sql } from "drizzle-orm";
import { afterEach, expect, test } from "vitest";

const parent = mkdtempSync(join(tmpdir(), "devora-embedded-"));
const dataDir = join(parent, "data");
afterEach(() => rmSync(parent, { recursive: true, force: true }));

test("rows survive closing and opening a folder", async () => {
  const first = await openEmbedded({ dataDir });
  await first.client.exec("create table kept (n int); insert into kept values (42)");
  await first.close();
  await using second = await openEmbedded({ dataDir });
  expect(await rowsOf(second.db, sql`select n from kept`)).toEqual([{ n: 42 }]);
});

test("a folder that is open is refused to a second opener, and free after close", async () => {
  const first = await openEmbedded({ dataDir });
  await expect(openEmbedded({ dataDir })).rejects.toMatchObject({ code: "FOLDER_LOCKED", retryable: true });
  await first.close();
  await (await openEmbedded({ dataDir })).close();
});

test.each([
  ["a process that is gone", "999999999"],
  ["this process id, left by a predecessor", String(process.pid)],
])("the lock of %s is taken over", async (_case, holder) => {
  await (await openEmbedded({ dataDir })).close();
  writeFileSync(`${dataDir}.lock`, holder);
  const embedded = await openEmbedded({ dataDir });
  await embedded.close();
  expect(existsSync(`${dataDir}.lock`)).toBe(false);
});

test("the lock of a running process is respected", async () => {
  await (await openEmbedded({ dataDir })).close();
  writeFileSync(`${dataDir}.lock`, String(process.ppid));
  await expect(openEmbedded({ dataDir })).rejects.toMatchObject({
    code: "FOLDER_LOCKED",
    message: expect.stringContaining(String(process.ppid)),
  });
});

test("reset empties a database's folder, and refuses one that is open or holds something else", async () => {
  const first = await openEmbedded({ dataDir });
  await first.client.exec("create table old (n int)");
  await expect(openEmbedded({ dataDir, reset: true })).rejects.toMatchObject({ code: "FOLDER_LOCKED" });
  await first.close();
  await using second = await openEmbedded({ dataDir, reset: true });
  expect(await rowsOf(second.db, sql`select to_regclass('old')::text as old`)).toEqual([{ old: null }]);

  const letters = join(parent, "letters");
  mkdirSync(letters);
  writeFileSync(join(letters, "to-ada.txt"), "Dear Ada");
  await expect(openEmbedded({ dataDir: letters, reset: true })).rejects.toMatchObject({
    code: "INVALID_OPTION",
  });
  expect(existsSync(join(letters, "to-ada.txt"))).toBe(true);
});
