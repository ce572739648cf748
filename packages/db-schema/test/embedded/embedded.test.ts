import { fork } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
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

test("rows that were acknowledged survive the killing of the process, and the folder opens at once", async () => {
  const writer = fork(new URL("../processes/row-writer.ts", import.meta.url), [dataDir], { execArgv: [] });
  let acknowledged = 0;
  writer.on("message", (n: number) => {
    acknowledged = n;
    if (n === 200) writer.kill("SIGKILL");
  });
  await once(writer, "exit");
  expect(existsSync(`${dataDir}.lock`)).toBe(true);
  await using embedded = await openEmbedded({ dataDir });
  const rows = await rowsOf(embedded.db, sql`select n from kept order by n`);
  expect(rows.slice(0, acknowledged)).toEqual(
    Array.from({ length: acknowledged }, (_, index) => ({ n: index + 1 })),
  );
});

test("a folder that is open is refused to a second opener, and free after close", async () => {
  const first = await openEmbedded({ dataDir });
  await expect(openEmbedded({ dataDir })).rejects.toMatchObject({ code: "FOLDER_LOCKED", retryable: true });
  await first.close();
  expect(existsSync(`${dataDir}.lock`)).toBe(false);
  await (await openEmbedded({ dataDir })).close();
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

test("a database whose making was cut off is made anew, and other files are kept", async () => {
  mkdirSync(join(dataDir, "base"), { recursive: true });
  for (const name of ["PG_VERSION", "PGLITE_UNFINISHED", "notes.txt"])
    writeFileSync(join(dataDir, name), "18");
  const opening = openEmbedded({ dataDir });
  expect(existsSync(join(dataDir, "PGLITE_UNFINISHED"))).toBe(true);
  await using embedded = await opening;
  expect(await rowsOf(embedded.db, sql`select 1::int as one`)).toEqual([{ one: 1 }]);
  expect(existsSync(join(dataDir, "PGLITE_UNFINISHED"))).toBe(false);
  expect(existsSync(join(dataDir, "notes.txt"))).toBe(true);
});

test("a folder of another PostgreSQL or PGlite is refused, told apart, and left as it was", async () => {
  const first = await openEmbedded({ dataDir });
  const [row] = await rowsOf(
    first.db,
    sql`select current_setting('server_version_num')::int / 10000 as major,
        pg_control_version as control, catalog_version_no as catalog, version() as version from pg_control_system()`,
  );
  await first.client.exec("create table kept (n int); insert into kept values (42)");
  await first.close();
  const stamp = readFileSync(join(dataDir, "PGLITE_VERSION"), "utf8").trim();
  expect(row?.version).toContain(`PGlite ${stamp}`);

  const control = Buffer.from(readFileSync(join(dataDir, "global", "pg_control")));
  control.writeUInt32LE(202_401_011, 12);
  const changes: [string, string | Buffer, string][] = [
    ["PG_VERSION", "17\n", "PostgreSQL 17"],
    ["PGLITE_VERSION", "0.4.9\n", "PGlite 0.4.9"],
    ["global/pg_control", control, "catalogue 202401011"],
  ];
  for (const [name, content, holds] of changes) {
    const kept = readFileSync(join(dataDir, name));
    writeFileSync(join(dataDir, name), content);
    const refusal = await openEmbedded({ dataDir }).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: "FOLDER_VERSION",
      message: expect.stringContaining(
        `this version opens PostgreSQL ${row?.major}, control file ${row?.control}, catalogue ${row?.catalog}, PGlite ${stamp.replace(/\.\d+$/, "")}`,
      ),
    });
    expect((refusal as Error).message).toContain(holds);
    writeFileSync(join(dataDir, name), kept);
  }
  await using again = await openEmbedded({ dataDir });
  expect(await rowsOf(again.db, sql`select n from kept`)).toEqual([{ n: 42 }]);
});

test("a folder without a stamp, as earlier versions made it, is opened", async () => {
  await (await openEmbedded({ dataDir })).close();
  rmSync(join(dataDir, "PGLITE_VERSION"));
  await (await openEmbedded({ dataDir })).close();
  expect(existsSync(join(dataDir, "PGLITE_VERSION"))).toBe(true);
});
