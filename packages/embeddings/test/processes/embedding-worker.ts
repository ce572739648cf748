// Run as a process: works off the queue of a database, and stands still at a step of its run until it is killed.
import { standStill } from "@devora/testing/stand-still";
import { drizzle } from "drizzle-orm/postgres-js";
import postgres from "postgres";
import { createEmbeddings, type Embedder, hashingEmbedder } from "../../src/index.ts";
import { isStep, steps } from "./steps.ts";

const [url = "", step = ""] = process.argv.slice(2);
if (!isStep(step)) throw new Error(`There is no step "${step}".`);

const before = steps[step];
const client = postgres(url, { max: 2, connection: { application_name: "doomed" }, onnotice: () => {} });
// Told of a statement before it is sent, when those before it are done.
const logger = { logQuery: (query: string) => void (before?.test(query) && standStill()) };
const hashing = hashingEmbedder({ dimensions: 128 });
const embedder: Embedder = {
  ...hashing,
  async embed(texts, options) {
    if (before === undefined) standStill();
    return hashing.embed(texts, options);
  },
};
const embeddings = createEmbeddings({ db: drizzle({ client, logger }), embedder });
await embeddings.createWorker().runOnce();
await client.end();
