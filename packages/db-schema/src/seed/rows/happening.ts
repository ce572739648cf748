import type { Person } from "../people.ts";

/** What happened, before it is a row. */
export interface Happening {
  at: number;
  event: string;
  person: Person;
  countsAsActivity: boolean;
  properties: object;
}
