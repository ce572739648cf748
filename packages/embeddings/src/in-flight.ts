/**
 * Works on several items at a time and gives the results in the order of the items.
 *
 * An item is begun when there is room for it, so no more than `atMost` are under way or wait to be taken. When one
 * fails, no further one is begun, and the error is thrown after the others under way have ended: what follows it
 * finds nothing still running.
 * @param atMost 1 or more
 */
export async function* inFlight<T, Result>(
  items: AsyncIterable<T>,
  atMost: number,
  work: (item: T) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay: Promise<Result>[] = [];
  const take = async (): Promise<Result> => {
    const result = await underWay[0];
    void underWay.shift();
    return result as Result;
  };
  try {
    for await (const item of items) {
      const result = work(item);
      // It is awaited in its turn; until then its rejection is nobody's.
      result.catch(() => {});
      underWay.push(result);
      if (underWay.length >= atMost) yield await take();
    }
    while (underWay.length > 0) yield await take();
  } finally {
    await Promise.allSettled(underWay);
  }
}
