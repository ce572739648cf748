import { createHash } from "node:crypto";

/** The greatest number of 15 hexadecimal digits, which a double rounds up to 2^60: so do all of PostHog's libraries. */
// biome-ignore lint/correctness/noPrecisionLoss: rounding it otherwise would move people to other buckets
const scale = 0xfffffffffffffff;

/**
 * Where a person stands in a flag, from 0 to 1, the same for ever: by PostHog's formula, so that people keep their
 * place when a flag moves from one to the other.
 * @param salt `""` for the rollout, `"variant"` for the variant, which are so independent of each other
 */
export const bucketOf = (flag: string, id: string, salt: "" | "variant"): number =>
  Number.parseInt(createHash("sha1").update(`${flag}.${id}${salt}`).digest("hex").slice(0, 15), 16) / scale;
