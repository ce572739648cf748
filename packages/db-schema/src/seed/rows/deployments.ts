import { endOfDay } from "../activity.ts";
import { iso } from "../calendar.ts";
import type { Population } from "../population.ts";
import { chance, idAt, kinds, pick, spread, streamOf } from "../random.ts";
import type { SeedRow, seedTables } from "../tables.ts";
import { slug } from "../text.ts";
import { projectReader } from "./projects.ts";

const providers = ["vercel", "vercel", "vercel", "netlify", "cloudflare", "fly"] as const;
const failures = [
  "Build failed: a module could not be found.",
  "Build failed: type check reported errors.",
  "Deployment timed out after 240 seconds.",
  "Health check failed: the server answered 500.",
  "A required environment variable is not set.",
] as const;

export interface Deployment {
  id: string;
  provider: string;
  succeeded: boolean;
  error: string | null;
  startedAt: number;
  finishedAt: number;
}

export function deploymentAt({ seed, deployments, calendar }: Population, index: number): Deployment {
  const startedAt = deployments.createdAt[index] as number;
  const s = streamOf(seed, kinds.deployment, index, 1);
  const succeeded = chance(s, 0.97);
  const seconds = Math.min(Math.max(55 * spread(s, 0.6), 8), 240);
  return {
    id: idAt(startedAt, index, s),
    provider: pick(s, providers),
    succeeded,
    error: succeeded ? null : pick(s, failures),
    startedAt,
    finishedAt: Math.min(startedAt + Math.round(seconds * 1000), endOfDay(calendar, startedAt)),
  };
}

export function* deploymentRows(population: Population): Generator<SeedRow<typeof seedTables.deployments>> {
  const projectOf = projectReader(population);
  for (let index = 0; index < population.deployments.count; index++) {
    const project = projectOf(population.deployments.parent[index] as number);
    const { id, provider, succeeded, error, startedAt, finishedAt } = deploymentAt(population, index);
    yield {
      id,
      user_id: project.owner.id,
      project_id: project.id,
      provider,
      status: succeeded ? "succeeded" : "failed",
      url: succeeded ? `https://${slug(project.text.name, "-")}-${id.slice(-6)}.apps.example.com` : null,
      error,
      started_at: iso(startedAt),
      finished_at: iso(finishedAt),
      created_at: iso(startedAt),
      updated_at: iso(finishedAt),
    };
  }
}
