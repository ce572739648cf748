/**
 * Runs one named piece of work. Callers pass their own to show progress and timing;
 * it must return what `work` returns and let its errors through.
 */
export type Step = <T>(name: string, work: () => Promise<T>) => Promise<T>;

/** The default {@link Step}: does the work and says nothing. */
export const silently: Step = (_name, work) => work();
