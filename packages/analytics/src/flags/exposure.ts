import { createHash } from "node:crypto";
import type { FlagAnswer } from "./ports.ts";

/** That a person saw a value of a flag. */
export interface Exposure {
  readonly flag: string;
  readonly distinctId: string;
  /** Whose event it is; undefined for an anonymous person. */
  readonly userId: string | undefined;
  readonly groups: Readonly<Record<string, string>>;
  readonly answer: FlagAnswer;
  /** Of the flag's declaration. */
  readonly run: string | undefined;
}

/** What makes two exposures one: person, flag, value and run. */
export const exposureKey = ({ flag, distinctId, answer, run }: Exposure): string =>
  JSON.stringify([distinctId, flag, answer.value, run ?? null]);

/** Any UUID will do, as long as it never changes. */
const namespace = Buffer.from("5b0f5c0e6b6e4f3f9d1c6a5d0a7c9e21", "hex");

/** The UUIDv5 of the key (RFC 9562, section 5.5), so that the database keeps each exposure once, whoever captures it. */
export function exposureId(key: string): string {
  const bytes = createHash("sha1").update(namespace).update(key).digest().subarray(0, 16);
  bytes[6] = ((bytes[6] as number) & 0x0f) | 0x50;
  bytes[8] = ((bytes[8] as number) & 0x3f) | 0x80;
  return bytes.toString("hex").replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** The event, as `captureBuffered` takes it. */
export const exposureEvent = (exposure: Exposure, key: string) => {
  const { flag, distinctId, userId, groups, answer, run } = exposure;
  return {
    event: "$feature_flag_called",
    id: exposureId(key),
    distinctId,
    ...(userId === undefined ? {} : { userId }),
    properties: {
      $feature_flag: flag,
      $feature_flag_response: answer.value,
      ...(answer.version === undefined ? {} : { $feature_flag_version: answer.version }),
      ...(run === undefined ? {} : { flag_run: run }),
      ...(Object.keys(groups).length === 0 ? {} : { $groups: groups }),
    },
  } as const;
};
