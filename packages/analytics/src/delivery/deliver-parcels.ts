import type { DeliveryFault } from "../ports.ts";
import { bytesOf, type Parcel, type RequestLimits, requestsOf } from "./requests.ts";

/** What became of parcels that were not taken. Those that were are reported as it happens. */
export interface Undelivered {
  /** Refused alone, though the destination took others: they are at fault. */
  poison: { parcel: Parcel; fault: DeliveryFault }[];
  /** Refused alone, while the destination took nothing else: who is at fault is not known. */
  suspects: { parcel: Parcel; fault: DeliveryFault }[];
  /** Not judged, because the destination failed as a whole. */
  left: Parcel[];
  /** Why. */
  failure: DeliveryFault | undefined;
}

/** Enough to say that it is not the events, where nothing was taken: about 40 requests of a thousand events. */
const enoughSuspects = 5;
/** What a destination finds too large below this is not learnt as its limit. */
const smallestLimit = 16 * 1024;

/**
 * Sends parcels in requests within `limits`. A request that is refused for its events or its size is sent again in
 * halves, until what is at fault stands alone, so that one event costs no other. Nothing is sent twice that was taken.
 *
 * @param limits `maxBytes` becomes half of what was too large
 * @param send answers what is at fault, or undefined when all were taken
 * @param taken called after each request that was taken, before the next one
 */
export async function deliverParcels(
  parcels: readonly Parcel[],
  limits: RequestLimits,
  send: (parcels: readonly Parcel[]) => Promise<DeliveryFault | undefined>,
  taken: (parcels: readonly Parcel[]) => Promise<void>,
): Promise<Undelivered> {
  /** The last one is next. */
  let waiting = requestsOf(parcels, limits).reverse();
  const refused: Undelivered["poison"] = [];
  let isTaking = false;

  const outcome = (failure?: DeliveryFault): Undelivered => ({
    poison: isTaking ? refused : [],
    suspects: isTaking ? [] : refused,
    left: waiting.reverse().flat(),
    failure,
  });

  let request = waiting.pop();
  while (request !== undefined) {
    const fault = await send(request);
    if (fault === undefined) {
      isTaking = true;
      await taken(request);
      request = waiting.pop();
    } else if (fault.blames === "destination") {
      waiting.push(request);
      return outcome(fault);
    } else if (request.length > 1) {
      if (fault.blames === "size") {
        limits.maxBytes = Math.max(smallestLimit, Math.ceil(bytesOf(request) / 2));
        waiting = waiting.flatMap((others) => requestsOf(others, limits).reverse());
      }
      const middle = Math.ceil(request.length / 2);
      waiting.push(request.slice(middle));
      request = request.slice(0, middle);
    } else {
      refused.push({ parcel: request[0] as Parcel, fault });
      if (!isTaking && refused.length >= enoughSuspects && waiting.length > 0) {
        return outcome({ blames: "destination", reason: `${fault.reason} for every event` });
      }
      // Poison often comes in a row: far from it something may be taken.
      request = isTaking ? waiting.pop() : takeLargest(waiting);
    }
  }
  return outcome();
}

function takeLargest(requests: Parcel[][]): Parcel[] | undefined {
  const largest = Math.max(...requests.map(({ length }) => length));
  return requests.splice(
    requests.findLastIndex(({ length }) => length === largest),
    1,
  )[0];
}
