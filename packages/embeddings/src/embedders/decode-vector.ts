/** A vector as the API sends it: numbers, or their 32-bit floats, little-endian, in base64. */
export function decodeVector(embedding: readonly number[] | string): number[] {
  if (typeof embedding !== "string") return [...embedding];
  const bytes = Buffer.from(embedding, "base64");
  return Array.from({ length: Math.floor(bytes.length / 4) }, (_, at) => bytes.readFloatLE(at * 4));
}
