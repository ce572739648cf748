import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { SchemaError } from "./errors.ts";

/** Locks of this very process: after a crash its successor may have the same id, as in a container. */
const held = new Set<string>();

/**
 * Takes a folder for this process by the file `<folder>.lock`, which holds the process id.
 * A lock whose process is gone is taken over.
 * @returns the function that gives it back
 * @throws {SchemaError} FOLDER_LOCKED
 */
export function lockFolder(folder: string): () => void {
  const file = `${resolve(folder)}.lock`;
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      writeFileSync(file, String(process.pid), { flag: "wx" });
      held.add(file);
      return () => {
        held.delete(file);
        rmSync(file, { force: true });
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = Number(readFileSync(file, "utf8"));
      if (held.has(file) || (holder !== process.pid && isRunning(holder))) {
        throw new SchemaError(
          "FOLDER_LOCKED",
          `openEmbedded: process ${holder} has the folder ${folder} open, and a second one would lose rows. Stop it, or choose another folder. If no such process runs, delete ${file}.`,
          { retryable: true },
        );
      }
      rmSync(file, { force: true });
    }
  }
  throw new SchemaError(
    "FOLDER_LOCKED",
    `openEmbedded: the lock ${file} was taken by another process just now. Try again.`,
    { retryable: true },
  );
}

function isRunning(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
