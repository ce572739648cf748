/** What `work` answers; rejects at once, whatever `work` does then, when the time is over or the signal aborts. */
export function withTimeout<T>(
  ms: number,
  signal: AbortSignal,
  work: (signal: AbortSignal) => PromiseLike<T>,
): Promise<T> {
  const controller = new AbortController();
  return new Promise<T>((resolve, reject) => {
    const end = (reason: unknown) => {
      controller.abort(reason);
      reject(reason);
    };
    const onAbort = () => end(signal.reason);
    const timer = setTimeout(() => end(new DOMException(`No answer within ${ms} ms.`, "TimeoutError")), ms);
    signal.addEventListener("abort", onAbort, { once: true });
    const cleanUp = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
    };
    // `work` may throw before it returns a promise.
    void (async () => work(controller.signal))().then(resolve, reject).finally(cleanUp);
  });
}
