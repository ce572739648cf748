import { setTimeout as timer } from "node:timers/promises";
import { migrate, newId } from "@devora/db-schema";
import { startServer, type TestServer } from "@devora/testing/servers";
import postgres, { type Sql } from "postgres";
import { type Child, createChild } from "./child.ts";
import { countAll, findFaults, type SoakCounts } from "./find-faults.ts";
import { startHostilePosthog } from "./hostile-posthog.ts";
import { listenToPromises } from "./promises.ts";
import { readBooks } from "./read-books.ts";
import { seededRandom, shuffled } from "./seeded-random.ts";

/** What is killed: a process of ours, the whole server, or one of its processes, which ends all its connections. */
export const victims = ["host", "worker", "server", "connection"] as const;
type Victim = (typeof victims)[number];

export interface SoakOptions {
  seed: number;
  /** Whether to go on, asked after each round, in which each victim is killed once in an order of its own. */
  goOn: (rounds: number) => boolean;
  log?: (text: string) => void;
}

export interface SoakResult {
  /** Empty where nothing was lost, doubled, changed or made up, and no process ended by itself. */
  faults: string[];
  counts: SoakCounts;
  kills: Record<Victim, number>;
  /** Requests that the server answered wrongly, by how. */
  serverFaults: Readonly<Record<string, number>>;
}

/**
 * Two hosts that capture in every way, two delivery workers, a PostgreSQL of its own that writes to the disk, and a
 * PostHog that fails in every way. Kills them with -9 at moments that the seed chooses, lets all that is left be
 * delivered, and compares what was promised, what is kept, and what arrived.
 *
 * @throws {TestServerError} where no PostgreSQL can be started
 */
export async function runSoak({ seed, goOn, log = () => {} }: SoakOptions): Promise<SoakResult> {
  const random = seededRandom(seed);
  const faults: string[] = [];
  const onFault = (fault: string) => {
    log(`FAULT: ${fault}`);
    faults.push(fault);
  };
  const server = await startServer({ version: "18", durable: true });
  const posthog = await startHostilePosthog(seededRandom(seed + 1));
  let heard = 0;
  const promises = listenToPromises(() => heard++);
  const children: Child[] = [];
  try {
    const { hostUrl, workerUrl, users } = await prepare(server);
    const hosts = ["host 1", "host 2"].map((name) =>
      createChild(name, "soak-host", [hostUrl, JSON.stringify(users)], { onFault, onLine: promises.hear }),
    );
    const workers = ["worker 1", "worker 2"].map((name) =>
      createChild(name, "soak-worker", [workerUrl, posthog.server.url], { onFault }),
    );
    children.push(...hosts, ...workers);
    for (const child of children) child.start();

    const anyOf = <T>(many: readonly T[]): T => many[Math.floor(random() * many.length)] as T;
    /** So much work later: moments are counted in it, so that a slow machine has as many of each kind. */
    const moment = async (least: number, most: number) => {
      const until = heard + least + random() * (most - least);
      while (heard < until) await timer(5);
    };
    const killing: Record<Victim, () => Promise<void>> = {
      host: () => restart(anyOf(hosts)),
      async worker() {
        // While it, or the other one, has events on their way.
        await posthog.server.arrived(posthog.server.requests.length + 1 + Math.floor(random() * 3));
        await restart(anyOf(workers));
      },
      async server() {
        await server.kill();
        await server.restart();
      },
      connection: () => withSuperuser(server, killOneConnection),
    };
    const kills: Record<Victim, number> = { host: 0, worker: 0, server: 0, connection: 0 };
    await moment(100, 200);
    for (let rounds = 1; ; rounds++) {
      for (const victim of shuffled(victims, random)) {
        posthog.down = random() < 0.2;
        await moment(80, 300);
        log(`${heard} promises, ${posthog.server.events.size} delivered: kill -9 ${victim}`);
        await killing[victim]();
        kills[victim]++;
        // As if the pauses after failures, up to minutes, had passed.
        await withSuperuser(server, skipPauses);
      }
      if (!goOn(rounds)) break;
    }

    log("the hosts end; all that is left is delivered …");
    await moment(50, 100);
    await Promise.all(hosts.map((host) => host.stop()));
    posthog.calm();
    await withSuperuser(server, drain);
    await Promise.all(workers.map((worker) => worker.stop()));
    return await withSuperuser(server, async (sql) => {
      const books = await readBooks(sql);
      return {
        faults: [...faults, ...findFaults(books, promises, posthog)],
        counts: countAll(books, promises, posthog),
        kills,
        serverFaults: posthog.faults,
      };
    });
  } finally {
    await Promise.all(children.map((child) => child.kill()));
    await posthog.server.close();
    await server.stop();
  }
}

async function restart(child: Child): Promise<void> {
  await child.kill();
  child.start();
}

/** Tables, users, and logins as a host has them: each with the rights of its role alone. */
async function prepare(server: TestServer) {
  await migrate({ url: server.url, modules: ["core", "analytics", "app"] });
  const users = Array.from({ length: 20 }, () => newId());
  await withSuperuser(server, async (sql) => {
    await sql`create role soak_host login password 'soak' in role devora_app`;
    await sql`create role soak_worker login password 'soak' in role devora_service`;
    for (const id of users) await sql`insert into users (id, email) values (${id}, ${`${id}@example.com`})`;
  });
  const urlOf = (login: string) => {
    const url = new URL(server.url);
    url.username = login;
    url.password = "soak";
    return url.href;
  };
  return { hostUrl: urlOf("soak_host"), workerUrl: urlOf("soak_worker"), users };
}

/** Again until it is done: after a crash the server takes no connections for a moment. */
async function withSuperuser<T>(server: TestServer, run: (sql: Sql) => Promise<T>): Promise<T> {
  const url = new URL(server.adminUrl);
  url.pathname = new URL(server.url).pathname;
  for (let attempt = 1; ; attempt++) {
    const sql = postgres(url.href, { max: 1, onnotice: () => {} });
    try {
      return await run(sql);
    } catch (error) {
      if (attempt === 200) throw error;
      await timer(50);
    } finally {
      await sql.end({ timeout: 1 });
    }
  }
}

/** As when memory runs out: the server ends all other connections too, and recovers. */
async function killOneConnection(sql: Sql): Promise<void> {
  const [victim] = await sql<{ pid: number }[]>`
    select pid from pg_stat_activity where usename in ('soak_host', 'soak_worker')
    order by state = 'idle', random() limit 1`;
  if (victim === undefined) return;
  process.kill(victim.pid, "SIGKILL");
}

const skipPauses = async (sql: Sql): Promise<void> =>
  void (await sql`
    update devora.analytics_outbox set next_attempt_at = now()
    where state = 'pending' and next_attempt_at > now()`);

/** Resolves when nothing waits to be delivered. */
async function drain(sql: Sql): Promise<void> {
  while (true) {
    const [left] = await sql<{ count: number }[]>`
      select count(*)::int as count from devora.analytics_outbox where state in ('pending', 'leased')`;
    if (left?.count === 0) return;
    await skipPauses(sql);
    await timer(200);
  }
}
