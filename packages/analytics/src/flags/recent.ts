/** A set that forgets what was longest not asked for. */
export interface RecentSet {
  /** Whether it is in; moves it to the front. */
  has(key: string): boolean;
  add(key: string): void;
}

export function createRecentSet(capacity: number): RecentSet {
  const keys = new Set<string>();
  const put = (key: string) => {
    // A set keeps the order of insertion.
    keys.delete(key);
    keys.add(key);
  };
  return {
    has(key) {
      if (!keys.has(key)) return false;
      put(key);
      return true;
    },
    add(key) {
      put(key);
      if (keys.size > capacity) keys.delete(keys.values().next().value as string);
    },
  };
}
