import { randomFillSync } from "node:crypto";

let lastMs = 0;
let sequence = 0;

/**
 * A new UUIDv7 (RFC 9562, section 5.7): ids of one process ascend, so that they insert at the end of an index.
 * The 12 bits after the version count within a millisecond; 62 bits are random.
 */
export function newId(): string {
  const nowMs = Date.now();
  if (nowMs > lastMs) {
    lastMs = nowMs;
    sequence = 0;
  } else if (++sequence > 0xfff) {
    lastMs += 1;
    sequence = 0;
  }
  return uuidV7(lastMs, sequence, randomFillSync(new Uint8Array(8)));
}

/**
 * The UUIDv7 of given parts; for deterministic data.
 * @param timeMs  Unix milliseconds, 48 bits
 * @param counter 0 to 4095, orders ids of one millisecond
 * @param random  8 bytes, of which 62 bits are used
 */
export function uuidV7(timeMs: number, counter: number, random: Uint8Array): string {
  const bytes = Buffer.alloc(16);
  bytes.writeUIntBE(timeMs, 0, 6);
  bytes.writeUInt16BE(0x7000 | (counter & 0xfff), 6);
  bytes.set(random.subarray(0, 8), 8);
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString("hex");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
