import { z } from "zod";

/** An id of any system: a UUID, `sub_…`, a number as text. */
export const id = z.string().min(1).max(200);
/** A short machine-made word: a plan, a model, a method, an error code. */
export const label = z.string().min(1).max(200);
/** What people typed or named. */
export const text = z.string().max(10_000);
export const count = z.int().nonnegative();
export const durationMs = z.number().nonnegative();
/** Minor units of a currency: cents, yen. Negative for what flows back. */
export const amountMinor = z.int();
/** ISO 4217. */
export const currency = z.string().regex(/^[A-Z]{3}$/);
export const flag = z.boolean();
/** Names of the fields that a change touched. */
export const fieldNames = z.array(label).max(100);
