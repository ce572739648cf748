import { setTimeout as timer } from "node:timers/promises";
import {
  type PosthogReply,
  type PosthogRequest,
  type PosthogServer,
  startPostHogServer,
} from "../../src/testing.ts";
import { poisonSession, requestTimeoutMs } from "./marks.ts";

export interface HostilePosthog {
  readonly server: PosthogServer;
  /** Events for which it answered 2xx and which it threw away. */
  readonly dropped: ReadonlySet<string>;
  /** How many requests met which fault. */
  readonly faults: Readonly<Record<string, number>>;
  /** Takes nothing at all while true. */
  down: boolean;
  /** From now on it does nothing wrong. */
  calm(): void;
}

/** Shares of all requests; the rest is answered as it should be. */
const shares: Readonly<Record<string, number>> = {
  slow: 0.08,
  "slower than the timeout": 0.04,
  "HTTP 500": 0.05,
  "HTTP 503": 0.06,
  "HTTP 429": 0.05,
  "HTTP 413": 0.04,
  "cut before it kept": 0.06,
  "cut after it kept": 0.08,
  "200 and thrown away": 0.04,
};

/** A loopback PostHog that fails in every way there is, by chance. @param random 0 to 1 */
export async function startHostilePosthog(random: () => number): Promise<HostilePosthog> {
  const dropped = new Set<string>();
  const faults: Record<string, number> = {};
  let isCalm = false;

  const replies: Readonly<Record<string, (request: PosthogRequest) => PosthogReply>> = {
    slow: () => ({ after: timer(random() * requestTimeoutMs * 0.8) }),
    "slower than the timeout": () => ({ after: timer(requestTimeoutMs * 1.5) }),
    "HTTP 500": () => ({ status: 500 }),
    "HTTP 503": () => ({ status: 503 }),
    "HTTP 429": () => ({ status: 429, headers: { "retry-after": "2" } }),
    "HTTP 413": () => ({ status: 413 }),
    "cut before it kept": () => ({ cut: "before" }),
    "cut after it kept": () => ({ cut: "after" }),
    "200 and thrown away": ({ batch }) => {
      const events = batch?.batch ?? [];
      // With a poison among them it is answered 400 and not lied about.
      if (events.some(({ properties }) => properties.$session_id === poisonSession)) return {};
      for (const { uuid } of events) dropped.add(uuid);
      return { drop: true };
    },
    down: () => ({ status: 503 }),
  };
  const pick = (): string | undefined => {
    if (isCalm) return undefined;
    if (posthog.down) return "down";
    let left = random();
    for (const [name, share] of Object.entries(shares)) {
      left -= share;
      if (left < 0) return name;
    }
    return undefined;
  };

  const server = await startPostHogServer({
    refuses: ({ properties }) => properties.$session_id === poisonSession,
    script: (request) => {
      const name = pick();
      if (name === undefined) return undefined;
      faults[name] = (faults[name] ?? 0) + 1;
      return replies[name]?.(request);
    },
  });
  const posthog: HostilePosthog = {
    server,
    dropped,
    faults,
    down: false,
    calm: () => {
      isCalm = true;
    },
  };
  return posthog;
}
