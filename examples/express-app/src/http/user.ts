import { type Database, users, withUser } from "@devora/db-schema";
import { and, eq, isNull } from "drizzle-orm";
import type { Request, RequestHandler, Response } from "express";
import { id } from "./input.ts";
import { Problem } from "./problem.ts";

export interface CurrentUser {
  id: string;
  displayName: string;
  email: string;
  role: "user" | "admin";
  locale: "fr" | "en";
}

const current = new WeakMap<Request, CurrentUser>();

/**
 * DEMO ONLY: anybody may be any user, by the header `x-demo-user` or the cookie `demo_user`, without a password.
 * Replace this file by your sign-in; all else asks {@link currentUser} alone.
 */
export function demoUser(db: Database, defaultUserId: () => string | undefined): RequestHandler {
  return async (request, _response, next) => {
    const header = request.get("x-demo-user");
    // A cookie may be left from another database; a header was meant.
    const user =
      header === undefined
        ? ((await findUser(db, cookie(request, "demo_user"))) ?? (await findUser(db, defaultUserId())))
        : await findUser(db, header);
    if (!user)
      throw new Problem(401, "No such user: the header x-demo-user must hold the id of a user (demo only).");
    current.set(request, user);
    next();
  };
}

/** The user of a request that passed {@link demoUser}. */
export function currentUser(request: Request): CurrentUser {
  const user = current.get(request);
  if (!user) throw new Problem(401, "Not signed in.");
  return user;
}

/** Lets administrators pass. */
export const adminOnly: RequestHandler = (request, _response, next) => {
  if (currentUser(request).role !== "admin")
    throw new Problem(403, "Only administrators see figures of all users.");
  next();
};

/** Remembers the chosen user in the browser (demo only). */
export function rememberUser(response: Response, userId: string): void {
  response.cookie("demo_user", userId, { httpOnly: true, sameSite: "lax", path: "/" });
}

async function findUser(db: Database, userId: string | undefined): Promise<CurrentUser | undefined> {
  if (!id.safeParse(userId).success || userId === undefined) return undefined;
  const [user] = await withUser(
    db,
    userId,
    (tx) =>
      tx
        .select({
          id: users.id,
          displayName: users.displayName,
          email: users.email,
          role: users.role,
          locale: users.locale,
        })
        .from(users)
        .where(and(eq(users.id, userId), isNull(users.deletedAt))),
    { readOnly: true },
  );
  return user;
}

function cookie(request: Request, name: string): string | undefined {
  for (const part of (request.get("cookie") ?? "").split(";")) {
    const [key, value] = part.trim().split("=");
    if (key === name && value) return value;
  }
  return undefined;
}
