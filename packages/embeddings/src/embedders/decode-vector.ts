/**
 * A vector as the API sends it: numbers, or their 32-bit floats, little-endian, in base64.
 * Bytes that are no whole number of floats, and what is neither, are a vector of length 0.
 */
export function decodeVector(embedding: unknown): number[] {
  if (typeof embedding !== "string") return Array.isArray(embedding) ? [...embedding] : [];
  const bytes = Buffer.from(embedding, "base64");
  if (bytes.length % 4 !== 0) return [];
  return Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readFloatLE(at * 4));
}
