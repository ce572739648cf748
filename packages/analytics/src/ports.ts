/** An event as it leaves the database: with what its catalogue lets out, and nothing else. */
export interface DeliveredEvent {
  /** A UUID; with `occurredAt` the same whenever the event is sent again. */
  readonly id: string;
  readonly event: string;
  readonly distinctId: string;
  /** Whether `distinctId` is the id of the event's owner: an account's, not that of a visitor or of the system. */
  readonly isKnown: boolean;
  readonly sessionId: string | null;
  readonly occurredAt: Date;
  readonly properties: Readonly<Record<string, unknown>>;
  /**
   * Where it came from. Also `$groups`, the groups of the event (of `$groupidentify` the one that it tells of), and of
   * `$identify` `$set_once`, the names of the properties that the destination shall not change once it has them.
   */
  readonly context: Readonly<Record<string, unknown>>;
}

/**
 * A service that takes events. Any object of this shape will do.
 *
 * Resolve only when the service has taken all of the events. Otherwise throw `deliveryFailed(…)`, or any error whose
 * `delivery` is a {@link DeliveryFault}; an error without one blames the destination as a whole. The same event may
 * come twice, after a crash or a lost answer, with the same id and time.
 */
export interface Destination {
  /** Most events of one `send`. Default: as many as are claimed. */
  readonly maxEvents?: number;
  /** Most bytes of one `send`, by the JSON of its events; a single event may have more. Default: no limit. */
  readonly maxBytes?: number;
  /** @param options.signal aborts when the worker gives the send up */
  send(events: readonly DeliveredEvent[], options: { signal: AbortSignal }): Promise<void>;
}

/** Why a `send` failed. */
export interface DeliveryFault {
  /**
   * `destination`: it takes nothing now (outage, limit, wrong key), so the events wait and none is at fault;
   * `events`: some of these can never be taken, which is found out by halves; `size`: they are too much together.
   */
  readonly blames: "destination" | "events" | "size";
  /** A code such as `HTTP 503` or `TIMEOUT`, at most 200 characters. Stored and shown: no values, no keys. */
  readonly reason: string;
  /** How long the destination asks to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
}
