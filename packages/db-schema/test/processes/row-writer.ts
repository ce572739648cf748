// Run by fork: opens a folder and inserts rows until it is killed; tells of each row once it is acknowledged.
import { openEmbedded } from "../../src/embedded.ts";

const { client } = await openEmbedded({ dataDir: process.argv[2] as string });
await client.exec("create table if not exists kept (n int primary key)");
for (let n = 1; ; n++) {
  await client.query("insert into kept values ($1)", [n]);
  process.send?.(n);
}
