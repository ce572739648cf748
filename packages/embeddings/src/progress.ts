import type { EmbedAllProgress } from "./embed-all.ts";

/** What is written to of a stream: `process.stdout`, or any other. */
export interface ProgressStream {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
  write(text: string): unknown;
}

/**
 * How far an `embedAll` is, in one line.
 *
 * @example
 * progressLine(progress); // "42 % of 12,000 rows, files, 30,412 passages, 812 embedded, 96,004 tokens"
 */
export function progressLine({
  source,
  entities,
  totalEntities,
  chunks,
  embeddedChunks,
  tokens,
}: EmbedAllProgress): string {
  const [total, passages, embedded, spent] = [totalEntities, chunks, embeddedChunks, tokens].map((count) =>
    count.toLocaleString("en"),
  );
  const share = percentOf({ entities, totalEntities });
  return `${share} % of ${total} rows, ${source}, ${passages} passages, ${embedded} embedded, ${spent} tokens`;
}

/**
 * An `onProgress` for `embedAll` that writes to a stream: a bar in a terminal, elsewhere a line for each source and
 * each further 5 %.
 *
 * @example
 * await embeddings.embedAll({ onProgress: progressTo(process.stderr) });
 */
export function progressTo(stream: ProgressStream): (progress: EmbedAllProgress) => void {
  return stream.isTTY ? barTo(stream) : linesTo(stream);
}

const barWidth = 20;

function barTo(stream: ProgressStream): (progress: EmbedAllProgress) => void {
  return (progress) => {
    const share = percentOf(progress);
    const filled = Math.round((share / 100) * barWidth);
    const line = `${"█".repeat(filled)}${"░".repeat(barWidth - filled)} ${progressLine(progress)}`;
    const end = progress.entities >= progress.totalEntities ? "\n" : "";
    stream.write(`\r\u001b[K${line.slice(0, Math.max(1, (stream.columns ?? 120) - 1))}${end}`);
  };
}

function linesTo(stream: ProgressStream): (progress: EmbedAllProgress) => void {
  let last: { source: string; step: number } | undefined;
  return (progress) => {
    const step = Math.floor(percentOf(progress) / 5);
    if (last?.source === progress.source && last.step === step) return;
    last = { source: progress.source, step };
    stream.write(`${progressLine(progress)}\n`);
  };
}

/** Rows may be added meanwhile. */
const percentOf = ({
  entities,
  totalEntities,
}: Pick<EmbedAllProgress, "entities" | "totalEntities">): number =>
  totalEntities === 0 ? 100 : Math.min(100, Math.floor((100 * entities) / totalEntities));
