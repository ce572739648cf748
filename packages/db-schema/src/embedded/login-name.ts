/** Who every session of an embedded database is: no superuser, bound by row level security, owner of the database. */
export const embeddedLogin = "devora_migrator";
