import { ensureIndexes } from "./build-index.ts";
import { type Context, entityIdOf, sourceNamed } from "./context.ts";
import { type EntityOutcome, type EntityStatus, embedEntities } from "./embed-entities.ts";
import { EmbeddingsError } from "./errors.ts";
import type { EmbedOptions } from "./ports.ts";
import type { Source } from "./sources/define-source.ts";

export interface EmbedSummary {
  status: "embedded" | "unchanged" | "removed";
  /** Passages that the row has now. */
  chunks: number;
  /** Of these, how many were sent to the embedder; unchanged ones cost nothing. */
  embeddedChunks: number;
  tokens: number;
}

/** How often a row that changes while it is embedded is tried. */
const tries = 3;

/** Embeds one row. */
export async function embed(
  context: Context,
  sourceName: string,
  id: string | number | bigint,
  { signal }: EmbedOptions = {},
): Promise<EmbedSummary> {
  const source = sourceNamed(context, sourceName);
  const entityId = entityIdOf(source, id);
  const { outcomes, tokens } = await embedUntilFresh(context, source, [entityId], signal);
  const [outcome] = outcomes;
  if (outcome?.status === "failed") throw outcome.error;
  if (outcome === undefined || !isSettled(outcome.status)) {
    throw new EmbeddingsError(
      "ROW_CHANGED",
      `A row of source "${source.name}" changed ${tries} times while it was embedded; nothing was written. Call again, or leave it to the worker.`,
      { retryable: true },
    );
  }
  if (outcome.embeddedChunks > 0) await ensureIndexes(context);
  const { chunks, embeddedChunks } = outcome;
  return { status: outcome.status, chunks, embeddedChunks, tokens };
}

const isSettled = (status: EntityStatus): status is EmbedSummary["status"] =>
  status === "embedded" || status === "unchanged" || status === "removed";

/** Embeds rows, and again those that changed meanwhile. */
export async function embedUntilFresh(
  context: Context,
  source: Source,
  entityIds: readonly string[],
  signal: AbortSignal | undefined,
): Promise<{ outcomes: EntityOutcome[]; tokens: number }> {
  const outcomes = new Map<string, EntityOutcome>();
  let tokens = 0;
  let pending = [...entityIds];
  for (let attempt = 0; attempt < tries && pending.length > 0; attempt++) {
    const result = await embedEntities(context, source, pending, { signal });
    for (const outcome of result.outcomes) outcomes.set(outcome.entityId, outcome);
    tokens += result.tokens;
    pending = result.outcomes.filter(({ status }) => status === "stale").map(({ entityId }) => entityId);
  }
  return { outcomes: [...outcomes.values()], tokens };
}
