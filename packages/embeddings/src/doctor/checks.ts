import { buildMemory } from "./build-memory.ts";
import type { Check } from "./check.ts";
import { coverage } from "./coverage.ts";
import { indexDefinition } from "./index-definition.ts";
import { indexState } from "./index-state.ts";
import { indexUsage } from "./index-usage.ts";
import { leases } from "./leases.ts";
import { login } from "./login.ts";
import { model } from "./model.ts";
import { orphans } from "./orphans.ts";
import { pgvector } from "./pgvector.ts";
import { plan } from "./plan.ts";
import { parkedJobs, queue } from "./queue.ts";
import { recall } from "./recall.ts";
import { retiredModels } from "./retired-models.ts";
import { triggers } from "./triggers.ts";

/** In the order in which one would look. */
export const checks: readonly Check[] = [
  pgvector,
  model,
  retiredModels,
  indexState,
  indexDefinition,
  indexUsage,
  plan,
  recall,
  buildMemory,
  queue,
  parkedJobs,
  leases,
  coverage,
  orphans,
  triggers,
  login,
];
