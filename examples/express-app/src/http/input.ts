import type { Request } from "express";
import { z } from "zod";
import { Problem } from "./problem.ts";

/** PostgreSQL stores every character but U+0000; lone surrogates are no characters. */
const storable = (text: string): boolean => !text.includes("\u0000") && text.isWellFormed();

/** Text that can be stored, of `least` to `most` characters after trimming. */
export const text = (most: number, least = 1) =>
  z
    .string()
    .trim()
    .min(least)
    .max(most)
    .refine(storable, "must hold neither U+0000 nor half of a surrogate pair");

export const id = z.guid();
export const pageSize = (standard: number, most = 100) =>
  z.coerce.number().int().min(1).max(most).default(standard);

/**
 * A part of the request, checked.
 * @throws {Problem} 400 naming each field that is wrong, and why
 */
export function input<T extends z.ZodType>(
  request: Request,
  part: "body" | "query" | "params",
  schema: T,
): z.output<T> {
  const result = schema.safeParse(request[part] ?? {});
  if (result.success) return result.data;
  const errors = result.error.issues.map((issue) => ({
    field: [part, ...issue.path.map(String)].join("."),
    message: issue.message,
  }));
  throw new Problem(400, `Invalid input: ${errors.map(({ field }) => field).join(", ")}.`, errors);
}

/** The id in the path. An id that is no UUID is an unknown one. */
export function pathId(request: Request, what: string): string {
  const parsed = id.safeParse(request.params.id);
  if (parsed.success) return parsed.data.toLowerCase();
  throw new Problem(404, `There is no such ${what}, or it belongs to somebody else.`);
}
