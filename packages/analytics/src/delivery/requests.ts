import type { DeliveredEvent } from "../ports.ts";

/** An event on its way, with what it weighs. */
export interface Parcel {
  readonly event: DeliveredEvent;
  /** Deliveries that the destination refused so far. */
  readonly attempts: number;
  /** Bytes of its JSON. */
  readonly bytes: number;
}

/** What one request may have; `maxBytes` shrinks when the destination finds requests too large. */
export interface RequestLimits {
  maxEvents: number;
  maxBytes: number;
}

/** Splits parcels, in order, into requests within the limits; one that alone is larger goes alone. */
export function requestsOf(
  parcels: readonly Parcel[],
  { maxEvents, maxBytes }: Readonly<RequestLimits>,
): Parcel[][] {
  const requests: Parcel[][] = [];
  let bytes = 0;
  for (const parcel of parcels) {
    const current = requests.at(-1);
    bytes += parcel.bytes;
    if (current === undefined || current.length >= maxEvents || bytes > maxBytes) {
      requests.push([parcel]);
      bytes = parcel.bytes;
    } else {
      current.push(parcel);
    }
  }
  return requests;
}

export const bytesOf = (parcels: readonly Parcel[]): number =>
  parcels.reduce((sum, { bytes }) => sum + bytes, 0);
