/** An id that one side has, or both. */
export interface Compared<T> {
  readonly id: string;
  /** Undefined where only they have it. */
  readonly ours: T | undefined;
  readonly theirs: boolean;
}

/** Walks two lists at once, both ascending by id, with a page of each in memory. An id that comes twice counts once. */
export async function* compare<T extends { readonly id: string }>(
  ours: AsyncIterator<T>,
  theirs: AsyncIterator<string>,
): AsyncGenerator<Compared<T>> {
  let [our, their] = await Promise.all([ours.next(), theirs.next()]);
  while (our.done !== true || their.done !== true) {
    const ourId = our.done === true ? undefined : our.value.id;
    const theirId = their.done === true ? undefined : their.value;
    const isOurs = ourId !== undefined && (theirId === undefined || ourId <= theirId);
    const isTheirs = theirId !== undefined && (ourId === undefined || theirId <= ourId);
    yield {
      id: String(isOurs ? ourId : theirId),
      ours: isOurs && our.done !== true ? our.value : undefined,
      theirs: isTheirs,
    };
    if (isOurs) our = await ours.next();
    if (isTheirs) their = await theirs.next();
  }
}
