import { newId } from "@devora/db-schema";
import type { DeliveryFault, Destination } from "../ports.ts";
import type { ClaimedDelivery, Lease, RefusedDelivery } from "../queries/outbox.ts";
import type { CircuitBreaker } from "./circuit-breaker.ts";
import { deliverParcels, type Undelivered } from "./deliver-parcels.ts";
import { type DeliveryRun, emptyRun } from "./delivery-run.ts";
import { addRun, type DeliveryTotals } from "./delivery-totals.ts";
import { faultOf } from "./fault-of.ts";
import { keepLease } from "./keep-lease.ts";
import type { OutboxStore } from "./outbox-store.ts";
import { type Privacy, publicContext } from "./privacy.ts";
import type { Parcel, RequestLimits } from "./requests.ts";
import { retryDelayMs } from "./retry-delay.ts";

/** One destination of a worker, with what it learnt of it. */
export interface Lane {
  readonly name: string;
  readonly destination: Destination;
  readonly limits: RequestLimits;
  readonly breaker: CircuitBreaker;
  readonly totals: DeliveryTotals;
}

export interface LaneContext {
  readonly store: OutboxStore;
  readonly privacy: Privacy;
  readonly batchSize: number;
  readonly leaseMs: number;
  readonly maxAttempts: number;
}

/** A destination of the host's own that never answers must not hold its events for ever. */
const longestSendMs = 120_000;
/** How long events wait at least that were given back because the destination failed. */
const outageDelayMs = 1_000;

/**
 * Claims the due deliveries of one destination, a batch at most, sends them and settles each by what became of it.
 * Sends outside any transaction; what was taken is settled before the next request.
 *
 * @throws {DatabaseError} when the database failed; what was claimed is given back, or its lease runs out
 * @throws the signal's reason; what was not settled is given back
 */
export async function runDestination(
  lane: Lane,
  { store, privacy, batchSize, leaseMs, maxAttempts }: LaneContext,
  signal: AbortSignal,
): Promise<DeliveryRun> {
  const run = emptyRun();
  signal.throwIfAborted();
  run.pausedMs = lane.breaker.pausedMs();
  if (run.pausedMs > 0) return run;

  const lease: Lease = { destination: lane.name, token: newId() };
  const claimed = await store.claim(lease, leaseMs, batchSize);
  run.claimed = claimed.length;
  if (claimed.length === 0) return run;
  const ids = claimed.map(({ eventId }) => eventId);

  const work = async () => {
    const { gone, unknown, parcels } = sort(claimed, privacy);
    run.removed = await store.removeGone(lease, gone);
    run.parked = await store.settleRefused(lease, unknown.map(parkUnknown));
    const undelivered = await deliverParcels(
      parcels,
      lane.limits,
      (request) => {
        run.requests++;
        return send(lane.destination, request, signal);
      },
      async (request) => {
        lane.breaker.succeeded();
        run.sent += await store.settleSent(lease, idsOf(request));
      },
    );
    await settle(undelivered);
  };
  const settle = async ({ poison, suspects, left, failure }: Undelivered) => {
    run.parked += await store.settleRefused(lease, poison.map(parkPoison));
    const [last, again] = [suspects.filter(isLast), suspects.filter((suspect) => !isLast(suspect))];
    run.parked += await store.settleRefused(lease, last.map(parkPoison));
    run.retried = await store.settleRefused(lease, again.map(tryAgain));
    if (failure === undefined) return;
    run.failure = failure;
    run.pausedMs = lane.breaker.failed(failure.retryAfterMs);
    const delayMs = Math.max(outageDelayMs, run.pausedMs);
    run.released = await store.release(lease, idsOf(left), { delayMs, error: failure.reason });
  };
  const isLast = ({ parcel }: Refused) => parcel.attempts + 1 >= maxAttempts;

  try {
    await keepLease(leaseMs, () => store.renew(lease, ids, leaseMs), work);
    run.stale = run.claimed - run.sent - run.retried - run.parked - run.removed - run.released;
  } catch (error) {
    // Settled ones are leased no more. Where that fails as well, the leases run out.
    await store
      .release(lease, ids, { delayMs: signal.aborted ? 0 : outageDelayMs, error: null })
      .catch(() => {});
    throw error;
  } finally {
    addRun(lane.totals, run);
  }
  return run;
}

function sort(claimed: readonly ClaimedDelivery[], privacy: Privacy) {
  const gone: string[] = [];
  const unknown: string[] = [];
  const parcels: Parcel[] = [];
  for (const { eventId, attempts, event } of claimed) {
    const properties = event && privacy(event.event, event.properties);
    if (event === undefined) gone.push(eventId);
    else if (properties === undefined) unknown.push(eventId);
    else {
      const outgoing = { ...event, properties, context: publicContext(event.context) };
      parcels.push({ event: outgoing, attempts, bytes: Buffer.byteLength(JSON.stringify(outgoing)) });
    }
  }
  return { gone, unknown, parcels };
}

async function send(
  destination: Destination,
  parcels: readonly Parcel[],
  signal: AbortSignal,
): Promise<DeliveryFault | undefined> {
  signal.throwIfAborted();
  const timeout = AbortSignal.timeout(longestSendMs);
  const either = AbortSignal.any([signal, timeout]);
  const events = parcels.map(({ event }) => event);
  try {
    await unlessAborted(either, async () => destination.send(events, { signal: either }));
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return timeout.aborted ? { blames: "destination", reason: "TIMEOUT" } : faultOf(error);
  }
}

/** Ends with the signal, though a destination of the host's own may not heed it. */
async function unlessAborted(signal: AbortSignal, fn: () => Promise<void>): Promise<void> {
  let off = () => {};
  const aborted = new Promise<never>((_, reject) => {
    const onAbort = () => reject(signal.reason);
    signal.addEventListener("abort", onAbort);
    off = () => signal.removeEventListener("abort", onAbort);
  });
  try {
    await Promise.race([fn(), aborted]);
  } finally {
    off();
  }
}

type Refused = Undelivered["suspects"][number];

const idsOf = (parcels: readonly Parcel[]): string[] => parcels.map(({ event }) => event.id);

const parkUnknown = (id: string): RefusedDelivery => ({ id, error: "UNKNOWN_EVENT", delayMs: 0, park: true });

const parkPoison = ({ parcel, fault }: Refused): RefusedDelivery => ({
  id: parcel.event.id,
  error: fault.reason,
  delayMs: 0,
  park: true,
});

const tryAgain = ({ parcel, fault }: Refused): RefusedDelivery => ({
  id: parcel.event.id,
  error: fault.reason,
  delayMs: retryDelayMs(parcel.attempts + 1),
  park: false,
});
