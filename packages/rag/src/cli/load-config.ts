import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Database } from "@devora/db-schema";
import type { FusionOptions, LimitOptions, RagOptions } from "../options.ts";
import { UsageError } from "./usage-error.ts";

/** What a module for `devora-rag` exports by default, itself or from a function. */
export interface EvaluationConfig {
  /** As in `createRag`. */
  readonly retrievers: RagOptions["retrievers"];
  /** Whose rows are asked, where a question does not say. */
  readonly ownerId?: string;
  readonly fusion?: FusionOptions;
  readonly limits?: LimitOptions;
  /** For `judge`: whose search log is read, as the service. */
  readonly db?: Database;
  /** Called at the end, whatever happened. */
  readonly close?: () => unknown;
}

/** @throws {UsageError} where there is no such module, or it exports something else */
export async function loadConfig(path: string): Promise<EvaluationConfig> {
  const file = resolve(path);
  const exported = await importDefault(file, path);
  const config: unknown = typeof exported === "function" ? await exported() : exported;
  const { retrievers } = (config ?? {}) as Partial<EvaluationConfig>;
  if (typeof retrievers !== "object" || retrievers === null)
    throw new UsageError(
      `${path} must export by default { retrievers, ownerId?, db?, close? }, or a function that answers it; received ${config === null ? "null" : typeof config}.`,
    );
  return config as EvaluationConfig;
}

async function importDefault(file: string, path: string): Promise<unknown> {
  if (!existsSync(file)) throw new UsageError(`--config: cannot load ${path}: there is no such file.`);
  const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
  return module.default;
}
