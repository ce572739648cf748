import { expect, test } from "vitest";
import { newId, uuidV7 } from "../../src/ids.ts";

test("ids are version 7, variant 2, distinct and ascending", () => {
  const ids = Array.from({ length: 10_000 }, newId);
  for (const id of ids)
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(new Set(ids).size).toBe(ids.length);
  expect([...ids].sort()).toEqual(ids);
});

test("the parts of an id are where RFC 9562 puts them", () => {
  // 2022-02-22T19:22:22Z, the example of RFC 9562 appendix A.6: rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
  expect(uuidV7(0x017f22e279b0, 0xcc3, Buffer.from("18c4dc0c0c07398f", "hex"))).toBe(
    "017f22e2-79b0-7cc3-98c4-dc0c0c07398f",
  );
});
