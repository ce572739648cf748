import fc from "fast-check";
import { expect, test } from "vitest";
import { hashingEmbedder } from "../../src/index.ts";

const embedder = hashingEmbedder();
const cosine = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, x, at) => sum + x * (b[at] ?? 0), 0);
async function similarity(left: string, right: string): Promise<number> {
  const { embeddings } = await embedder.embed([left, right]);
  return cosine(embeddings[0] ?? [], embeddings[1] ?? []);
}

test("any text, hostile ones too, is a vector of length 1, and always the same", async () => {
  const text = fc.oneof(
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    fc.string({ unit: "grapheme" }),
    fc.constantFrom("", " ", "\u0000", "\ud800", "???", "́"),
  );
  await fc.assert(
    fc.asyncProperty(text, async (value) => {
      const { embeddings, usage } = await embedder.embed([value, value]);
      expect(embeddings[0]).toHaveLength(768);
      expect(Math.hypot(...(embeddings[0] ?? []))).toBeCloseTo(1, 9);
      expect(embeddings[0]).toEqual(embeddings[1]);
      expect(usage.tokens).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("vectors are stored for ever, so they never change", async () => {
  const { embeddings } = await hashingEmbedder({ dimensions: 16 }).embed([
    "Café getUserById, naïve tests & 42!",
  ]);
  expect(embeddings[0]?.map((value) => Math.round(value * 1000))).toMatchInlineSnapshot(`
    [
      -53,
      -462,
      -107,
      107,
      -107,
      284,
      107,
      -462,
      -160,
      178,
      107,
      604,
      0,
      71,
      -71,
      0,
    ]
  `);
});

test.each([
  ["accents and case", "sécurité des DONNÉES", "securite des données"],
  ["plurals", "serveur privé", "serveurs privés"],
  ["parts of identifiers", "getUserById(userId)", "get user by id"],
  ["a typo", "deployment pipeline", "deploymnet pipeline"],
])("%s keep texts together", async (_, left, right) => {
  expect(await similarity(left, right)).toBeGreaterThan(0.5);
});

test("function words bring no texts together", async () => {
  expect(
    await similarity("how do I do that with the kettle", "what is it that you do with the invoice"),
  ).toBeLessThan(0.15);
});

test("a question is nearer to the text that answers it", async () => {
  const question = "Comment résilier mon abonnement ?";
  const answer = "Pour résilier un abonnement, ouvrez la page Facturation et choisissez Résiliation.";
  const other = "Pour créer un projet, ouvrez la page Projets et choisissez Nouveau.";
  expect(await similarity(question, answer)).toBeGreaterThan((await similarity(question, other)) + 0.1);
});

test.each([15, 4001, 1.5, Number.NaN, "768"])("dimensions %j are refused", (dimensions) => {
  expect(() => hashingEmbedder({ dimensions: dimensions as number })).toThrow(
    expect.objectContaining({ code: "INVALID_OPTION" }),
  );
});

test("a cancelled call rejects", async () => {
  await expect(embedder.embed(["x"], { signal: AbortSignal.abort(new Error("no")) })).rejects.toThrow("no");
});
