import { type ModuleName, moduleNames } from "../modules.ts";
import type { Values } from "./command.ts";
import { UsageError } from "./usage-error.ts";
import { list } from "./values.ts";

/** `--modules` as an option of migrate. @throws {UsageError} for a module that does not exist */
export function moduleList(values: Values): { modules?: ModuleName[] } {
  const modules = list(values, "modules");
  if (modules === undefined) return {};
  const isModule = (name: string): name is ModuleName => (moduleNames as readonly string[]).includes(name);
  if (modules.every(isModule)) return { modules };
  throw new UsageError(`--modules must be of ${moduleNames.join(", ")}, separated by commas.`);
}
