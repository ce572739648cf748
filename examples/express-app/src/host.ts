import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createApp, type HostState } from "./app.ts";
import { type HostDatabase, openDatabase } from "./database.ts";
import { countWords, embedDemo, findDemoUser, isHalfPopulated, prepareDemo } from "./demo/prepare.ts";
import { type HostOptions, UsageError } from "./options.ts";
import type { Progress } from "./progress.ts";
import { createServices } from "./services.ts";
import { createStatisticsWorker } from "./statistics-worker.ts";

export interface Host {
  url: string;
  /** Stops accepting, lets requests finish, stops the workers, closes the database. */
  stop(): Promise<void>;
}

/**
 * Starts the host: listens at once, so that `/health` answers 503 while it prepares and a busy port shows early.
 * Aborting `signal` while it prepares closes the database properly.
 * @throws {UsageError} for a busy port, an unusable DATABASE_URL, a folder that is not there
 */
export async function startHost(
  options: HostOptions,
  progress: Progress,
  log: (error: unknown) => void,
  signal: AbortSignal,
): Promise<Host> {
  const state: HostState = {};
  const server = createApp({ state, log }).listen(options.port, options.host);
  await once(server, "listening").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "EADDRINUSE")
      throw new UsageError(
        `Port ${options.port} is in use. Stop what listens there, or choose another by PORT=<n>; PORT=0 takes a free one.`,
      );
    if (error.code === "EACCES")
      throw new UsageError(
        `Port ${options.port} may not be used by this user. Choose one above 1023 by PORT=<n>.`,
      );
    throw error;
  });
  const closeServer = async () => {
    server.closeIdleConnections();
    const closed = once(server, "close");
    server.close();
    // Streams that never end would hold the process.
    const timer = setTimeout(() => server.closeAllConnections(), 5000);
    await closed;
    clearTimeout(timer);
  };

  let database: HostDatabase | undefined;
  try {
    database = await openPrepared(options, progress);
    const opened = database;
    progress.line(`Database: ${opened.description}`);
    const services = createServices(opened.db, {
      openai: options.openai,
      queryLog: { mode: options.demo ? "full" : "off", onError: log },
    });
    const defaultUserId = options.demo
      ? await prepareDemo(services, options, progress, signal)
      : await findDemoUser(opened.db);
    if (options.demo) {
      await embedDemo(services, progress, signal);
      await countWords(services, progress, signal);
    }
    signal.throwIfAborted();
    const workers = [
      services.embeddings.createWorker({ onError: log }),
      createStatisticsWorker(services.search, { onError: log }),
    ];
    for (const worker of workers) worker.start();
    Object.assign(state, { services, defaultUserId });
    const { port } = server.address() as AddressInfo;
    return {
      url: `http://${options.host === "0.0.0.0" ? "localhost" : options.host}:${port}`,
      stop: async () => {
        try {
          await closeServer();
          await Promise.all(workers.map((worker) => worker.stop()));
          await services.search.close();
        } finally {
          await opened.close();
        }
      },
    };
  } catch (error) {
    await closeServer();
    await database?.close();
    throw error;
  }
}

/** The database; an embedded one that an earlier start left half filled is made anew. */
async function openPrepared(options: HostOptions, progress: Progress): Promise<HostDatabase> {
  const embedded = options.databaseUrl === undefined;
  if (options.reset) {
    if (!embedded)
      throw new UsageError(
        "--reset deletes the embedded database alone. Make an empty database and point DATABASE_URL at it.",
      );
  }
  const database = await openDatabase(options);
  if (!(embedded && options.demo && (await isHalfPopulated(database.db)))) return database;
  progress.line("The last start was cut off while it filled the database; starting anew.");
  await database.close();
  return openDatabase({ ...options, reset: true });
}
