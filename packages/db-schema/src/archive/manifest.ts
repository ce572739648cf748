import { readFile } from "node:fs/promises";
import { basename } from "node:path";
import { SchemaError } from "../errors.ts";

const format = "devora-events";
const version = 1;

/** What makes a file of events a whole archive. It lies beside the file, whose lines are events and nothing else. */
export interface Manifest {
  /** `analytics_events_y2026m01`. */
  partition: string;
  events: number;
  /** SHA-256 of the lines with their line breaks, uncompressed, in hexadecimal. */
  sha256: string;
}

export const archiveSuffix = ".ndjson.gz";

/** `…/month.ndjson.gz` to `…/month.manifest.json`. */
export const manifestFileOf = (file: string): string =>
  `${file.slice(0, -archiveSuffix.length)}.manifest.json`;

export const encodeManifest = (manifest: Manifest): string =>
  `${JSON.stringify({ format, version, ...manifest }, null, 2)}\n`;

/** The manifest of an archive. @throws {SchemaError} INVALID_ARCHIVE when there is none, or one of another version */
export async function readManifest(file: string): Promise<Manifest> {
  if (typeof file !== "string" || !file.endsWith(archiveSuffix)) {
    throw invalidArchive(String(file), `its name must end in ${archiveSuffix}`);
  }
  const name = basename(manifestFileOf(file));
  const text = await readFile(manifestFileOf(file), "utf8").catch((cause: unknown) => {
    throw invalidArchive(
      file,
      `${name} cannot be read beside it, without which it is not known to be whole`,
      {
        cause,
      },
    );
  });
  return decodeManifest(file, text);
}

function decodeManifest(file: string, text: string): Manifest {
  const name = basename(manifestFileOf(file));
  const parsed = parse(text) as Partial<Manifest & { format: string; version: number }> | null;
  if (parsed?.format !== format) throw invalidArchive(file, `${name} is no manifest of events`);
  if (parsed.version !== version) {
    throw invalidArchive(
      file,
      `${name} is of version ${Number(parsed.version)} of the format, and this package reads version ${version}`,
    );
  }
  const { partition, events, sha256 } = parsed;
  const isWhole =
    typeof partition === "string" &&
    /^analytics_events_y\d{4}m(0[1-9]|1[0-2])$/.test(partition) &&
    Number.isSafeInteger(events) &&
    typeof sha256 === "string";
  if (!isWhole) throw invalidArchive(file, `${name} lacks partition, events or sha256`);
  return { partition, events: events as number, sha256 };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Without values of events: messages go to logs. */
export const invalidArchive = (file: string, fault: string, options?: { cause: unknown }): SchemaError =>
  new SchemaError(
    "INVALID_ARCHIVE",
    `${file} is not a whole archive: ${fault}. Take another copy of it.`,
    options,
  );
