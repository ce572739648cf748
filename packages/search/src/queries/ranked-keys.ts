import { type SQL, sql } from "drizzle-orm";
import type { Source } from "../source.ts";
import { castTypeOf } from "./column-type.ts";
import type { Input } from "./input.ts";
import { conditionOf, foundCondition, tableOf } from "./scope.ts";

/** Statements that choose rows by id: (key). */
export interface RankedKeys {
  readonly matched: SQL;
  readonly filled: SQL;
}

/** Those of one statement; `filled` reads `matched`. */
export const keysFor = (source: Source, input: Input): RankedKeys => ({
  matched: input.has("scattered") ? scatteredKeys(source, input) : matchedKeys(source, input),
  filled: filledKeys(source, input),
});

/** The rows with the request's candidate terms, the last by id. */
export const matchedKeys = (source: Source, input: Input): SQL => sql`
  ${keysWith(source, input, "candidates", "floor")} ${lastFirst(input.value("bound", "int"))}`;

/**
 * The same. PostgreSQL may walk the index on id until enough rows matched, which suits words that many rows have; but
 * it takes a match for cheap, and walks far for others. Here it cannot: the rows are read before they are sorted.
 */
export const scatteredKeys = (source: Source, input: Input): SQL => sql`
  select key from (${keysWith(source, input, "candidates", "floor")} offset 0) as s
  ${lastFirst(input.value("bound", "int"))}`;

/** The last rows with any word. */
export const lastKeys = (source: Source, input: Input, limit: SQL): SQL => sql`
  ${keysWith(source, input, "any", "fillFloor")} ${lastFirst(limit)}`;

/** As many of them as `matched` lacks to `fill`. */
const filledKeys = (source: Source, input: Input): SQL =>
  input.has("fill")
    ? lastKeys(
        source,
        input,
        sql`greatest(0, ${input.value("fill", "int")} - (select count(*) from matched))`,
      )
    : sql`select key from matched limit 0`;

const lastFirst = (limit: SQL): SQL => sql`order by key desc limit ${limit}`;

/** Rows that match, from a lowest id on where the request names one. */
function keysWith(source: Source, input: Input, match: "candidates" | "any", floor: string): SQL {
  const { id } = source;
  const above = input.has(floor)
    ? sql`and (${input.value(floor)} is null or ${id} >= ${input.value(floor, castTypeOf(id))})`
    : sql.empty();
  return sql`
    select ${id} as key
    from ${tableOf(source, input)}
    where ${conditionOf(source, input)} and ${foundCondition(source, match, input)} ${above}`;
}

/**
 * Of `matched` those that get ranked. They are chosen by id alone, because sorting whole rows takes longer than reading
 * the chosen ones again.
 */
export const lastMatched = (input: Input): SQL =>
  sql`select key from matched ${lastFirst(input.value("cap", "int"))}`;

/** The rows that get ranked: those, those that fill up, and those that a BM25 index chose. */
export function chosenKeys(source: Source, input: Input): SQL {
  const { id, bm25Index } = source;
  const chosen = sql`(${lastMatched(input)}) union select key from filled`;
  if (bm25Index === undefined || !input.has("best")) return chosen;
  const type = sql.raw(castTypeOf(id));
  return sql`
    ${chosen}
    union
    select ${id} from ${tableOf(source, input)}
    where ${id} = any(array(select jsonb_array_elements_text(${input.value("best", "jsonb")}))::${type}[])
      and ${conditionOf(source, input)} and ${foundCondition(source, "candidates", input)}`;
}
