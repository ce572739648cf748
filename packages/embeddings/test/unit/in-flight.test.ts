import { setImmediate as nextTurn } from "node:timers/promises";
import { expect, test } from "vitest";
import { inFlight } from "../../src/in-flight.ts";

async function* numbers(count: number, onNext: (n: number) => void = () => {}) {
  for (let n = 0; n < count; n++) {
    onNext(n);
    yield n;
  }
}

/** Work that ends when it is told to. */
function heldWork() {
  const begun: number[] = [];
  const ends = new Map<number, { end: () => void; fail: (error: Error) => void }>();
  const work = (n: number) => {
    begun.push(n);
    return new Promise<string>((resolve, reject) => {
      ends.set(n, { end: () => resolve(`done ${n}`), fail: reject });
    });
  };
  return {
    begun,
    work,
    end: (n: number) => ends.get(n)?.end(),
    fail: (n: number, error: Error) => ends.get(n)?.fail(error),
  };
}

async function collect(results: AsyncIterable<string>, into: string[]): Promise<void> {
  for await (const result of results) into.push(result);
}

test("results come in the order of the items, whichever ends first", async () => {
  const { work, end, begun } = heldWork();
  const results: string[] = [];
  const all = collect(inFlight(numbers(3), 3, work), results);
  await nextTurn();
  expect(begun).toEqual([0, 1, 2]);
  for (const n of [2, 1, 0]) end(n);
  await all;
  expect(results).toEqual(["done 0", "done 1", "done 2"]);
});

test("no more are under way than allowed, and the next is read when there is room", async () => {
  const { work, end, begun } = heldWork();
  const read: number[] = [];
  const results: string[] = [];
  const all = collect(
    inFlight(
      numbers(4, (n) => read.push(n)),
      2,
      work,
    ),
    results,
  );
  await nextTurn();
  expect({ begun, read }).toEqual({ begun: [0, 1], read: [0, 1] });
  end(1);
  await nextTurn();
  expect(begun).toEqual([0, 1]);
  end(0);
  await nextTurn();
  expect(begun).toEqual([0, 1, 2, 3]);
  for (const n of [2, 3]) {
    end(n);
    await nextTurn();
  }
  await all;
  expect(results).toHaveLength(4);
});

test("a failure begins nothing more, and is told when what was under way has ended", async () => {
  const { work, end, fail, begun } = heldWork();
  const results: string[] = [];
  let failure: unknown;
  const all = collect(inFlight(numbers(5), 2, work), results).catch((error: unknown) => {
    failure = error;
  });
  await nextTurn();
  fail(0, new Error("refused"));
  await nextTurn();
  expect(failure).toBeUndefined();
  end(1);
  await all;
  expect(failure).toEqual(new Error("refused"));
  expect({ begun, results }).toEqual({ begun: [0, 1], results: [] });
});

test("a failure out of turn waits for its turn, unhandled by nobody", async () => {
  const { work, end, fail } = heldWork();
  const results: string[] = [];
  const all = collect(inFlight(numbers(2), 2, work), results);
  await nextTurn();
  fail(1, new Error("refused"));
  await nextTurn();
  end(0);
  await expect(all).rejects.toThrow("refused");
  expect(results).toEqual(["done 0"]);
});

test("whoever stops reading waits for what is under way", async () => {
  const { work, end } = heldWork();
  let stopped = false;
  const reading = (async () => {
    for await (const result of inFlight(numbers(3), 2, work)) if (result === "done 0") break;
    stopped = true;
  })();
  await nextTurn();
  end(0);
  await nextTurn();
  expect(stopped).toBe(false);
  end(1);
  await reading;
  expect(stopped).toBe(true);
});
