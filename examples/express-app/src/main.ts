import { isSchemaError, toDatabaseError } from "@devora/db-schema";
import { type Host, startHost } from "./host.ts";
import { parseOptions, UsageError } from "./options.ts";
import { hostFolder, repositoryFolder } from "./paths.ts";
import { createProgress } from "./progress.ts";

const progress = createProgress(process.stdout);
const log = (error: unknown) => console.error(toDatabaseError("host", error));
const stopping = new AbortController();
let host: Host | undefined;

async function stop(exitCode: number): Promise<void> {
  if (stopping.signal.aborted) process.exit(1);
  stopping.abort();
  progress.close();
  progress.line("Stopping …");
  // While it prepares there is no host yet: the aborted start closes what it opened, and ends below.
  if (!host) return;
  try {
    await host.stop();
  } catch (error) {
    log(error);
    process.exit(1);
  }
  process.exit(exitCode);
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void stop(0));
process.on("uncaughtException", (error) => {
  log(error);
  // postgres.js throws one of these outside any promise when a server restarts under a busy pool. The packages' own
  // transactions are guarded against it; of the pool at most the connection that threw is lost.
  const isPoolFault =
    error instanceof TypeError && /[\\/]postgres[\\/](src|cjs)[\\/]connection/.test(error.stack ?? "");
  if (!isPoolFault) void stop(1);
});

try {
  const started = performance.now();
  // Package managers run scripts in the package's folder and keep the caller's in INIT_CWD.
  const current = process.env.INIT_CWD ?? process.cwd();
  const options = parseOptions(process.argv.slice(2), process.env, {
    repository: repositoryFolder,
    host: hostFolder,
    current,
  });
  host = await startHost(options, progress, log, stopping.signal);
  progress.line(`Ready in ${((performance.now() - started) / 1000).toFixed(1)} s: ${host.url}`);
} catch (error) {
  progress.close();
  if (!stopping.signal.aborted) {
    if (error instanceof UsageError || isSchemaError(error)) console.error(error.message);
    else log(error);
  }
  process.exit(1);
}
