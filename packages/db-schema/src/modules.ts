/** The parts of the schema that can be installed, in dependency order. */
export const moduleNames = ["core", "app", "analytics", "metrics", "search", "embeddings"] as const;
export type ModuleName = (typeof moduleNames)[number];

const requirements: Record<ModuleName, readonly ModuleName[]> = {
  core: [],
  app: ["core"],
  analytics: ["core"],
  metrics: ["core", "analytics"],
  search: ["core"],
  embeddings: ["core"],
};

/** The modules asked for and all that they need, in the order in which they install. */
export function withRequirements(modules: readonly ModuleName[]): ModuleName[] {
  const needed = new Set(modules.flatMap((module) => [...requirements[module], module]));
  return moduleNames.filter((module) => needed.has(module));
}
