import { startHost } from "./host.ts";
import { parseOptions, UsageError } from "./options.ts";
import { hostFolder, repositoryFolder } from "./paths.ts";
import { createProgress } from "./progress.ts";

const progress = createProgress(process.stdout);
const log = (error: unknown) => console.error(error);

try {
  const started = performance.now();
  // Package managers run scripts in the package's folder and keep the caller's in INIT_CWD.
  const current = process.env.INIT_CWD ?? process.cwd();
  const options = parseOptions(process.argv.slice(2), process.env, {
    repository: repositoryFolder,
    host: hostFolder,
    current,
  });
  const host = await startHost(options, progress, log);
  progress.line(`Ready in ${((performance.now() - started) / 1000).toFixed(1)} s: ${host.url}`);

  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      progress.line("Stopping …");
      host.stop().then(
        () => process.exit(0),
        (error) => {
          log(error);
          process.exit(1);
        },
      );
    });
  }
} catch (error) {
  if (error instanceof UsageError) console.error(error.message);
  else log(error);
  process.exitCode = 1;
}
