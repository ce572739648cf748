import type { Row } from "@devora/db-schema";
import { type SQL, sql } from "drizzle-orm";

/** The id whose consent is everybody's; no event can have it. */
export const everybody = "";

/** A choice about analytics. */
export interface ConsentState {
  /** True: nothing is kept or delivered. */
  optedOut: boolean;
  /** When the choice last changed; null where none was ever made. */
  changedAt: Date | null;
}

/** Sets the choice of a person under all ids that are known as its aliases; `changed_at` moves only when the choice does. */
export const setConsentQuery = (distinctId: string, optedOut: boolean): SQL => sql`
  insert into devora.consents (distinct_id, opted_out)
  select person.id, ${optedOut}::boolean
  from unnest(devora.ids_of_person(array[${distinctId}::text])) as person (id)
  on conflict on constraint consents_pkey do update
    set opted_out = excluded.opted_out, changed_at = now()
    where consents.opted_out <> excluded.opted_out`;

export const getConsentQuery = (distinctId: string): SQL => sql`
  select opted_out, floor(extract(epoch from changed_at) * 1000)::float8 as changed_at_ms
  from devora.consents
  where distinct_id = ${distinctId}::text`;

export const decodeConsent = (row: Row | undefined): ConsentState => ({
  optedOut: row?.opted_out === true,
  changedAt: row === undefined ? null : new Date(Number(row.changed_at_ms)),
});
