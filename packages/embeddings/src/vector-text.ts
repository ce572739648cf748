const float = new Float32Array(1);
const floatBits = new Uint32Array(float.buffer);

/**
 * The sixteen bits of the half-precision number that pgvector makes of a number: nearest single precision, then
 * nearest half, ties to even.
 * @param value at most 65,504 from 0 in size; what is larger becomes infinity, which pgvector refuses
 */
export function halfBits(value: number): number {
  float[0] = value;
  const bits = floatBits[0] as number;
  const sign = (bits >>> 16) & 0x8000;
  const magnitude = bits & 0x7fffffff;
  // Below 2^-14 a half counts in steps of 2^-24, which a float of .5 does in its last bits: the sum rounds by itself.
  if (magnitude < 0x38800000) {
    float[0] = Math.abs(value);
    float[0] = (float[0] as number) + 0.5;
    return sign | ((floatBits[0] as number) - 0x3f000000);
  }
  // 112 less in the exponent, 13 bits less behind the point; a carry goes on into the exponent, as it should.
  const rounded = (magnitude - 0x38000000 + 0xfff + ((magnitude >>> 13) & 1)) >>> 13;
  return sign | Math.min(rounded, 0x7c00);
}

/** The number that sixteen bits stand for; infinities and NaN included. */
export function halfOfBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/**
 * The fewest digits that read back as the same half-precision number: `.0213`, `-3e-5`; zero without a sign.
 * @param bits of a finite number
 */
export function halfText(bits: number): string {
  const value = halfOfBits(bits);
  let text = "0";
  if (value === 0) return text;
  // Five digits tell any two halves apart.
  for (let digits = 1; halfBits(Number(text)) !== bits && digits <= 5; digits++)
    text = value.toPrecision(digits);
  return text.replace(/^(-?)0\./, "$1.");
}

/** The longest text has ten bytes; and a comma. */
const slot = 11;
/** Of each half, its text and a comma, once it was needed: some ten thousand are, for unit vectors. */
const known = { bytes: new Uint8Array(0x10000 * slot), lengths: new Uint8Array(0x10000) };

function lengthOf(bits: number): number {
  const length = known.lengths[bits] as number;
  if (length > 0) return length;
  const text = Buffer.from(`${halfText(bits)},`);
  known.bytes.set(text, bits * slot);
  known.lengths[bits] = text.length;
  return text.length;
}

/**
 * pgvector's text form, in the digits that a `halfvec` keeps: some 7 bytes a number in place of the 20 of full
 * precision. What the digits cost is felt twice, here and where PostgreSQL reads them; bytes put together from a
 * table take half the time of strings.
 * @param vector finite numbers, at most 65,504 from 0 in size; {@link callEmbedder} refuses others
 */
export function vectorText(vector: readonly number[]): string {
  if (vector.length === 0) return "[]";
  const text = Buffer.allocUnsafe(vector.length * slot + 1);
  let end = 0;
  text[end++] = 0x5b; // [
  for (let at = 0; at < vector.length; at++) {
    const bits = halfBits(vector[at] as number);
    const from = bits * slot;
    const to = from + lengthOf(bits);
    for (let byte = from; byte < to; byte++) text[end++] = known.bytes[byte] as number;
  }
  text[end - 1] = 0x5d; // ] in place of the last comma
  return text.toString("latin1", 0, end);
}
