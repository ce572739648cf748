import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Catalogue } from "../catalogue/define-catalogue.ts";
import type { Destination } from "../ports.ts";
import type { DestinationReader } from "../reconcile/destination-reader.ts";
import { UsageError } from "./usage-error.ts";

/** What a module for `devora-analytics` exports by default, itself or from a function. */
export interface CliConfig {
  /** For `flush`: as in `createDeliveryWorker`. */
  readonly destinations?: Readonly<Record<string, Destination>>;
  /** For `reconcile`: by the names of destinations. */
  readonly readers?: Readonly<Record<string, DestinationReader>>;
  /** For `flush`: what may leave, as in `createDeliveryWorker`. */
  readonly catalogue?: Catalogue;
  readonly hashKey?: string;
  /** Called at the end, whatever happened. */
  readonly close?: () => unknown;
}

/** @throws {UsageError} where there is no such module, or it exports something else */
export async function loadConfig(path: string): Promise<CliConfig> {
  const file = resolve(path);
  if (!existsSync(file)) throw new UsageError(`--config: there is no file ${path}.`);
  const module = (await import(pathToFileURL(file).href)) as { default?: unknown };
  const exported = module.default;
  const config: unknown = typeof exported === "function" ? await exported() : exported;
  if (typeof config === "object" && config !== null) return config as CliConfig;
  throw new UsageError(
    `${path} must export by default { destinations?, readers?, catalogue?, hashKey?, close? }, or a function that answers it; received ${config === null ? "null" : typeof config}.`,
  );
}
