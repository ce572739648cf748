import { type Database, newId, withService, withUser } from "@devora/db-schema";
import type { PlantedRows } from "./rows.ts";
import { inRole, isNeverSet } from "./scopes.ts";

/** Somebody who tries to get at rows, and how their scope is entered. */
export interface Principal {
  name: string;
  /** Who `app.user_id` says they are; `null`: nobody. */
  me: string | null;
  /** Whose rows they are after. */
  victim: string;
  /** Is `me` no value of the type uuid? Then statements may fail with 22P02 instead of finding nothing. */
  malformed: boolean;
  enter<T>(db: Database, fn: (tx: Database) => Promise<T>): Promise<T>;
}

const nothing = async (): Promise<void> => {};

/**
 * Everybody the matrix tries as devora_app. `never set` comes first and only on a connection that no scope has
 * used, because the setting is an empty string ever after.
 */
export async function principalsOf(
  db: Database,
  { alice, bob }: Pick<PlantedRows, "alice" | "bob">,
): Promise<Principal[]> {
  const known = { malformed: false };
  const nobody = { me: null, victim: alice, malformed: false };
  const stranger = newId();
  const malformed = `${alice}' or true --`;
  const neverSet: Principal[] = (await isNeverSet(db))
    ? [{ ...nobody, name: "setting never set", enter: (on, fn) => inRole(on, "devora_app", fn) }]
    : [];
  return [
    ...neverSet,
    { ...known, name: "alice", me: alice, victim: bob, enter: (on, fn) => withUser(on, alice, fn) },
    { ...known, name: "bob", me: bob, victim: alice, enter: (on, fn) => withUser(on, bob, fn) },
    {
      ...known,
      name: "user without rows",
      me: stranger,
      victim: alice,
      enter: (on, fn) => withUser(on, stranger, fn),
    },
    { ...nobody, name: "empty setting", enter: (on, fn) => withService(on, fn, { role: "devora_app" }) },
    {
      name: "malformed setting",
      me: malformed,
      victim: alice,
      malformed: true,
      enter: (on, fn) => withUser(on, malformed, fn),
    },
    {
      ...known,
      name: "bob inside alice",
      me: bob,
      victim: alice,
      enter: (on, fn) => withUser(on, alice, (outer) => withUser(outer, bob, fn)),
    },
    {
      ...known,
      name: "alice after bob inside",
      me: alice,
      victim: bob,
      enter: (on, fn) =>
        withUser(on, alice, async (outer) => {
          await withUser(outer, bob, nothing);
          return fn(outer);
        }),
    },
    {
      ...known,
      name: "alice after bob failed inside",
      me: alice,
      victim: bob,
      enter: (on, fn) =>
        withUser(on, alice, async (outer) => {
          await withUser(outer, bob, () => Promise.reject(new Error("inner"))).catch(nothing);
          return fn(outer);
        }),
    },
    {
      ...nobody,
      name: "nobody on alice's connection",
      enter: async (on, fn) => {
        await withUser(on, alice, nothing);
        return inRole(on, "devora_app", fn);
      },
    },
    {
      ...known,
      name: "bob on alice's connection",
      me: bob,
      victim: alice,
      enter: async (on, fn) => {
        await withUser(on, alice, nothing);
        return withUser(on, bob, fn);
      },
    },
  ];
}
