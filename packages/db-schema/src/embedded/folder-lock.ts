import { createHash, randomUUID } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  writeSync,
} from "node:fs";
import { SchemaError } from "../errors.ts";
import { isRunning, type RunningProcess, thisProcess } from "./running-process.ts";

/** Locks of this process, for systems without /proc: shared by the ESM and the CommonJS copy of this module. */
const registry = Symbol.for("@devora/db-schema.folder-locks");
const shared = globalThis as { [registry]?: Set<string> };
const held = shared[registry] ?? new Set<string>();
shared[registry] = held;

/** A free lock is taken at once; more rounds are needed only while others take and give back the same one. */
const maxRounds = 100;

/**
 * Takes an existing folder for this process by the file `<folder>.lock`, which names the process.
 * A lock whose process is gone is taken over. However many processes try at once, one gets it.
 * @returns the function that gives it back
 * @throws {SchemaError} FOLDER_LOCKED
 */
export function lockFolder(folder: string): () => void {
  return takeLock(`${realpathSync(folder)}.lock`, folder);
}

function takeLock(file: string, folder: string): () => void {
  for (let round = 0; round < maxRounds; round++) {
    const own = createLock(file) ?? takeOver(file, folder);
    if (own === undefined) continue;
    held.add(file);
    return () => {
      held.delete(file);
      // Somebody may have deleted the lock by hand, and another process taken the folder.
      if (contentOf(file) === own) rmSync(file, { force: true });
    };
  }
  throw refused(`the lock ${file} changes hands all the time. Try again.`);
}

/** The content of the lock that it made; undefined when there is one. Nobody ever sees a lock half written. */
function createLock(file: string): string | undefined {
  return withDraft(file, (draft, content) => {
    try {
      linkSync(draft, file);
      return content;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EEXIST") return undefined;
      throw error;
    }
  });
}

/**
 * The content of the lock that replaced one of a dead process; undefined when the lock changed meanwhile.
 *
 * The right to replace this very lock is itself a lock, so one taker has it; and with that right in hand the lock
 * cannot change any more, since its owner is dead and nobody else may replace it.
 */
function takeOver(file: string, folder: string): string | undefined {
  const stale = contentOf(file);
  if (stale === undefined) return undefined;
  assertStale(file, stale, folder);
  const giveBack = takeLock(
    `${file}.${createHash("sha256").update(stale).digest("hex").slice(0, 16)}`,
    folder,
  );
  try {
    if (contentOf(file) !== stale) return undefined;
    return withDraft(file, (draft, content) => {
      renameSync(draft, file);
      return content;
    });
  } finally {
    giveBack();
  }
}

function assertStale(file: string, content: string, folder: string): void {
  const holder = parse(content);
  if (holder === undefined) {
    throw refused(
      `the lock ${file} of the folder ${folder} does not say which process has it. Delete it if none has.`,
    );
  }
  const me = thisProcess();
  const own =
    holder.pid === me.pid && (held.has(file) || (holder.start !== undefined && holder.start === me.start));
  // A lock with this process' id that is not its own was left by a predecessor, as in a restarted container.
  if (own || (holder.pid !== me.pid && isRunning(holder))) {
    throw refused(
      `process ${holder.pid} has the folder ${folder} open, and a second one would lose rows. Stop it, or choose another folder. If no such process runs, delete ${file}.`,
    );
  }
}

/** Writes a lock of this process to a file of its own, on disk before `use` gives it its name. */
function withDraft<T>(file: string, use: (draft: string, content: string) => T): T {
  const token = randomUUID();
  const content = JSON.stringify({ ...thisProcess(), token });
  const draft = `${file}.${token}`;
  try {
    const handle = openSync(draft, "wx");
    try {
      writeSync(handle, content);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    return use(draft, content);
  } finally {
    rmSync(draft, { force: true });
  }
}

function contentOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

/** Earlier versions wrote the process id alone. */
function parse(content: string): RunningProcess | undefined {
  try {
    const value: unknown = JSON.parse(content);
    const { pid, start } = (typeof value === "object" && value !== null ? value : { pid: value }) as Record<
      string,
      unknown
    >;
    return typeof pid === "number"
      ? { pid, start: typeof start === "string" ? start : undefined }
      : undefined;
  } catch {
    return undefined;
  }
}

const refused = (message: string): SchemaError =>
  new SchemaError("FOLDER_LOCKED", `openEmbedded: ${message}`, { retryable: true });
