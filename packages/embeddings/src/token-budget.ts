const dayMs = 86_400_000;

/** What a worker may spend on tokens. */
export interface TokenBudget {
  /** Takes tokens, by estimate; false when too few are left. One row larger than the whole budget may have all of it. */
  reserve(tokens: number): boolean;
  /** Puts what was used, as the embedder says, in place of what was reserved. */
  settle(reserved: number, used: number): void;
  /** Milliseconds until there are tokens again; 0 while some are left. */
  exhaustedMs(): number;
  /** Milliseconds until all of them are there again. */
  renewedMs(): number;
}

/**
 * A budget in the memory of this process, renewed a day after it was first drawn on. Two workers have two; a process
 * that starts again begins anew.
 * @param now milliseconds since 1970
 */
export function createTokenBudget(maxTokens: number, now: () => number = Date.now): TokenBudget {
  let used = 0;
  let endsAt = 0;
  const current = (): number => {
    if (now() >= endsAt) used = 0;
    return used;
  };
  const renewedMs = () => Math.max(0, endsAt - now());
  return {
    reserve(tokens) {
      const before = current();
      if (before > 0 && before + tokens > maxTokens) return false;
      if (before === 0) endsAt = now() + dayMs;
      used = before + tokens;
      return true;
    },
    settle(reserved, spent) {
      used = Math.max(0, current() - reserved + spent);
    },
    exhaustedMs: () => (current() >= maxTokens ? renewedMs() : 0),
    renewedMs,
  };
}
