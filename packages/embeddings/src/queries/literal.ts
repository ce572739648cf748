import { type SQL, sql } from "drizzle-orm";
import { EmbeddingsError, shapeOf } from "../errors.ts";

/**
 * Integers in SQL text, not as parameters: the planner uses a partial index only when it can prove `model_id = 3`
 * while planning, which a parameter of a generic plan prevents; of a limit that it does not know it assumes a tenth
 * of the table, for which no index pays; and a type modifier can be no parameter at all.
 */
export function literal(value: number): SQL {
  if (!Number.isSafeInteger(value) || value < 0) {
    throw new EmbeddingsError("INVALID_INPUT", `A whole number was expected; received ${shapeOf(value)}.`);
  }
  return sql.raw(value.toFixed(0));
}
