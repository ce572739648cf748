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
  const url = pathToFileURL(file).href;
  try {
    const module = (await import(url)) as { default?: unknown };
    return module.default;
  } catch (error) {
    const { code, url: missing } = error as { code?: string; url?: string };
    // A module that the configuration itself fails to find is its own error.
    if (code === "ERR_MODULE_NOT_FOUND" && (missing === undefined || missing === url))
      throw new UsageError(`--config: cannot load ${path} (${code}).`);
    throw error;
  }
}
