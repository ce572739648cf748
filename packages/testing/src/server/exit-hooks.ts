/** Signals that end a process by default, with the exit code a shell reports for them. */
const exitCodes = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

const hooks = new Set<() => void>();

/**
 * Has `hook` run when this process ends, be it by itself, by `process.exit` or by SIGHUP, SIGINT or SIGTERM.
 * Hooks are synchronous and run newest first. A signal that somebody else listens to as well stays theirs:
 * then the hooks run when they end the process. SIGKILL runs nothing; see `removeAbandonedFolders`.
 * @returns a function that takes the hook back
 */
export function onExit(hook: () => void): () => void {
  if (hooks.size === 0) listen();
  hooks.add(hook);
  return () => {
    if (hooks.delete(hook) && hooks.size === 0) unlisten();
  };
}

function runHooks(): void {
  for (const hook of [...hooks].reverse()) {
    try {
      hook();
    } catch (error) {
      console.error("a test server could not be cleaned up:", error);
    }
  }
}

function endOnSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  process.exit(exitCodes[signal as keyof typeof exitCodes]);
}

function listen(): void {
  process.on("exit", runHooks);
  for (const signal of Object.keys(exitCodes)) process.on(signal, endOnSignal);
}

function unlisten(): void {
  process.off("exit", runHooks);
  for (const signal of Object.keys(exitCodes)) process.off(signal, endOnSignal);
}
