import { excludedUsers, userAliases } from "@devora/db-schema";
import { type SQL, type SQLWrapper, sql } from "drizzle-orm";

/** Whose event it is: the one its id is an alias of, else its owner, else its own id. Needs {@link aliasJoin}. */
export const person = (ownerId: SQLWrapper, distinctId: SQLWrapper): SQL =>
  sql`coalesce(${userAliases.distinctId}, ${ownerId}, ${distinctId})`;

export const aliasJoin = (distinctId: SQLWrapper): SQL =>
  sql`left join ${userAliases} on ${userAliases.alias} = ${distinctId}`;

/** The one place where staff, tests and bots are left out. */
export const isCounted = (ownerId: SQLWrapper): SQL =>
  sql`not exists (select from ${excludedUsers} where ${excludedUsers.ownerId} = ${ownerId})`;
