/**
 * Runs `close` at the first of the signals. Where nobody else listens to it the signal then ends the process, as it
 * would have without us; a host that listens ends the process itself.
 * @returns takes the listeners back
 */
export function closeOnSignals(
  signals: readonly NodeJS.Signals[],
  close: () => Promise<unknown>,
): () => void {
  const off = () => {
    for (const signal of signals) process.removeListener(signal, onSignal);
  };
  const onSignal = async (signal: NodeJS.Signals) => {
    off();
    // A second one must not end the process before it is closed: package managers pass on what the terminal sent.
    const hold = () => {};
    process.on(signal, hold);
    await close().catch(() => {});
    process.removeListener(signal, hold);
    if (process.listenerCount(signal) === 0) process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  return off;
}
