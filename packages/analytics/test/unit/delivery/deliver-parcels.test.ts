import { expect, test } from "vitest";
import { deliverParcels } from "../../../src/delivery/deliver-parcels.ts";
import type { Parcel } from "../../../src/delivery/requests.ts";
import type { DeliveryFault } from "../../../src/index.ts";

const events: DeliveryFault = { blames: "events", reason: "HTTP 400" };
const size: DeliveryFault = { blames: "size", reason: "HTTP 413" };
const down: DeliveryFault = { blames: "destination", reason: "HTTP 503" };

const parcelOf = (n: number, bytes = 100): Parcel => ({
  event: { id: String(n) } as never,
  attempts: 0,
  bytes,
});
const parcelsOf = (count: number, bytes = 100) => Array.from({ length: count }, (_, n) => parcelOf(n, bytes));
const idsOf = (parcels: readonly Parcel[]) => parcels.map(({ event }) => Number(event.id));

async function deliver(
  parcels: readonly Parcel[],
  judge: (ids: number[], parcels: readonly Parcel[], request: number) => DeliveryFault | undefined,
  limits = { maxEvents: 1_000, maxBytes: 1_000_000 },
) {
  const requests: number[][] = [];
  const taken: number[] = [];
  const outcome = await deliverParcels(
    parcels,
    limits,
    async (request) => judge(idsOf(request), request, requests.push(idsOf(request)) - 1),
    async (request) => void taken.push(...idsOf(request)),
  );
  const { poison, suspects, left, failure } = outcome;
  const alone = (refused: typeof poison) => idsOf(refused.map(({ parcel }) => parcel)).sort((a, b) => a - b);
  return {
    requests,
    taken: taken.sort((a, b) => a - b),
    poison: alone(poison),
    suspects: alone(suspects),
    left: idsOf(left),
    failure,
    limits,
  };
}
const poisonous =
  (...bad: number[]) =>
  (ids: number[]) =>
    ids.some((id) => bad.includes(id)) ? events : undefined;
const all = (count: number) => Array.from({ length: count }, (_, n) => n);
const without = (count: number, ...bad: number[]) => all(count).filter((n) => !bad.includes(n));

test("what is taken goes in order, in requests within the limits", async () => {
  const { requests, taken } = await deliver(parcelsOf(7), () => undefined, { maxEvents: 3, maxBytes: 1_000 });
  expect(requests).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
  expect(taken).toEqual(all(7));
  const heavy = [parcelOf(0, 60), parcelOf(1, 60), parcelOf(2, 900), parcelOf(3, 10)];
  const byBytes = await deliver(heavy, () => undefined, { maxEvents: 10, maxBytes: 120 });
  expect(byBytes.requests).toEqual([[0, 1], [2], [3]]);
});

test.each([0, 1, 250, 499])("poison at %d stands alone after halving, and costs no other", async (bad) => {
  const { requests, taken, poison, suspects, left } = await deliver(parcelsOf(500), poisonous(bad));
  expect(taken).toEqual(without(500, bad));
  expect([poison, suspects, left]).toEqual([[bad], [], []]);
  // Each halving is two requests: 2 log2 500.
  expect(requests.length).toBeLessThanOrEqual(20);
});

test("nothing that was taken is sent again", async () => {
  const bad = [3, 77, 78, 311];
  const { requests, taken, poison } = await deliver(parcelsOf(500), poisonous(...bad));
  expect(poison).toEqual(bad);
  expect(taken).toEqual(without(500, ...bad));
  const accepted = requests.filter((ids) => poisonous(...bad)(ids) === undefined).flat();
  expect(new Set(accepted).size).toBe(accepted.length);
});

test("poison in a row at the front does not stop what is behind it", async () => {
  const bad = all(20);
  const { taken, poison, failure } = await deliver(parcelsOf(500), poisonous(...bad));
  expect(failure).toBeUndefined();
  expect(poison).toEqual(bad);
  expect(taken).toEqual(without(500, ...bad));
});

test("where every event is refused the destination is blamed, after few requests, and no event", async () => {
  const { requests, poison, suspects, left, failure } = await deliver(parcelsOf(500), () => events);
  expect(failure).toEqual({ blames: "destination", reason: "HTTP 400 for every event" });
  expect(poison).toEqual([]);
  expect(suspects).toHaveLength(5);
  expect([...suspects, ...left].sort((a, b) => a - b)).toEqual(all(500));
  expect(requests.length).toBeLessThanOrEqual(45);
});

test("a lone event that is refused is a suspect, because nothing shows that the destination takes any", async () => {
  const { poison, suspects, failure } = await deliver(parcelsOf(1), () => events);
  expect([poison, suspects, failure]).toEqual([[], [0], undefined]);
});

test("a destination that fails leaves what it did not judge, in order", async () => {
  const limits = { maxEvents: 2, maxBytes: 1_000 };
  const { taken, left, failure } = await deliver(
    parcelsOf(6),
    (ids) => (ids.includes(2) ? down : undefined),
    limits,
  );
  expect(taken).toEqual([0, 1]);
  expect(left).toEqual([2, 3, 4, 5]);
  expect(failure).toBe(down);
});

test("a failure amid halves keeps what was found", async () => {
  let refusals = 0;
  const { taken, poison, left, failure } = await deliver(parcelsOf(8), (ids) => {
    if (refusals === 4) return down;
    const fault = poisonous(4)(ids);
    if (fault) refusals++;
    return fault;
  });
  expect(taken).toEqual([0, 1, 2, 3]);
  expect(poison).toEqual([4]);
  expect(left).toEqual([5, 6, 7]);
  expect(failure).toBe(down);
});

test("what is too large is halved, and the limit is remembered", async () => {
  const limits = { maxEvents: 1_000, maxBytes: 100_000_000 };
  const tooLarge = (_: number[], request: readonly Parcel[]) =>
    request.reduce((sum, { bytes }) => sum + bytes, 0) > 150_000 ? size : undefined;
  const first = await deliver(parcelsOf(64, 10_000), tooLarge, limits);
  expect(first.taken).toEqual(all(64));
  expect(first.poison).toEqual([]);
  // 640,000, 320,000, 160,000 are refused; then 80,000 is the limit.
  expect(limits.maxBytes).toBe(80_000);
  expect(first.requests.filter((ids) => ids.length > 15)).toHaveLength(3);
  const second = await deliver(parcelsOf(64, 10_000), tooLarge, limits);
  expect(second.requests).toHaveLength(8);
  expect(Math.max(...second.requests.map((ids) => ids.length))).toBe(8);
});

test("one event that alone is too large is found, others are taken", async () => {
  const parcels = [parcelOf(0), parcelOf(1, 900_000), parcelOf(2)];
  const { taken, poison, limits } = await deliver(parcels, (ids) => (ids.includes(1) ? size : undefined));
  expect([taken, poison]).toEqual([[0, 2], [1]]);
  expect(limits.maxBytes).toBeGreaterThanOrEqual(16 * 1024);
});
