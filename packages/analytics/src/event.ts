import type { Database } from "@devora/db-schema";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Catalogue, PropertyDefinition } from "./catalogue/define-catalogue.ts";

/** The names of a catalogue's events. */
export type EventName<C extends Catalogue> = keyof C & string;

type Simplify<T> = { [K in keyof T]: T[K] } & {};
type InputOf<D extends PropertyDefinition> = StandardSchemaV1.InferInput<D["schema"]>;
type OptionalKeys<P extends Readonly<Record<string, PropertyDefinition>>> = {
  [K in keyof P]: undefined extends InputOf<P[K]> ? K : never;
}[keyof P];
export type PropertiesOf<P extends Readonly<Record<string, PropertyDefinition>>> = keyof P extends never
  ? Record<string, never>
  : Simplify<
      { [K in Exclude<keyof P, OptionalKeys<P>>]: InputOf<P[K]> } & {
        [K in OptionalKeys<P>]?: InputOf<P[K]>;
      }
    >;

/** The properties that an event of a catalogue takes. */
export type EventProperties<C extends Catalogue, N extends EventName<C>> = PropertiesOf<C[N]["properties"]>;

/** Who did it and whose it is. Ids are 1 to 400 characters. */
export type EventPerson = (
  | { userId: string; distinctId?: string | undefined }
  | { userId?: undefined; distinctId: string }
) & {
  /** Whose event it is: who may read it, and whom metrics count. Default `userId`; null for the system's own. */
  ownerId?: string | null | undefined;
  /** Who acted, where that is not the owner: a colleague, support. Default `userId`. */
  actorId?: string | null | undefined;
};

/** What every event may say besides its properties. */
export type EventDetails = EventPerson & {
  /** UUID; the same id is kept once. Default: a new UUIDv7. */
  id?: string | undefined;
  /** When it happened. Default now; beyond the tolerance it becomes now (see `futureToleranceMs`, `maxAgeDays`). */
  occurredAt?: Date | undefined;
  /** Default: the session of the request's context. */
  sessionId?: string | undefined;
  /** The groups that it belongs to, by type: `{ company: "acme" }`. At most 10, keys of 1 to 400 characters. */
  groups?: Readonly<Record<string, string>> | undefined;
};

export type WithProperties<P> = Record<never, never> extends P ? { properties?: P } : { properties: P };

/** What `trackEvent` takes for an event. */
export type EventFields<C extends Catalogue, N extends EventName<C>> = EventDetails &
  WithProperties<EventProperties<C, N>>;

/** An event of a catalogue, as `capture` takes it. */
export type EventInput<C extends Catalogue> = {
  [N in EventName<C>]: { event: N } & EventFields<C, N>;
}[EventName<C>];

/** Per-call options of every verb. */
export interface CallOptions {
  /** The caller's transaction (or database): what is written commits or rolls back with it. */
  db?: Database | undefined;
  /** Checked before each statement. */
  signal?: AbortSignal | undefined;
}

/**
 * What became of an event: `accepted` (kept), `duplicate` (its id was kept before), `opted_out` (its person or owner
 * refused analytics), `disabled` (analytics are off for everybody, or by the option `disabled`), `foreign_owner` (the
 * scope is another user's than its owner, its person or who acted), `alias_taken` (the alias is another person's),
 * `invalid` (refused before any SQL).
 */
export type CaptureOutcome =
  | "accepted"
  | "duplicate"
  | "opted_out"
  | "disabled"
  | "foreign_owner"
  | "alias_taken"
  | "invalid";

export interface CaptureResult {
  /** The event's id, also where it was not kept. */
  id: string;
  outcome: CaptureOutcome;
}

/** An event as it is kept: one row of `devora.analytics_events`. */
export interface EventRow {
  id: string;
  event: string;
  distinctId: string;
  ownerId: string | null;
  actorId: string | null;
  sessionId: string | null;
  occurredAt: Date;
  /** What the caller said, where `occurredAt` was moved. */
  claimedAt: Date | null;
  countsAsActivity: boolean;
  retentionClass: string;
  properties: Readonly<Record<string, unknown>>;
  context: Readonly<Record<string, unknown>>;
}
