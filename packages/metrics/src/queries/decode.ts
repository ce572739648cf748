/** A `float8` of any driver. */
export const decodeNumber = (value: unknown): number => Number(value);

/** A `float8` that may be null. */
export const decodeNullable = (value: unknown): number | null => (value === null ? null : Number(value));
