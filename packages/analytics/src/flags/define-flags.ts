import { AnalyticsError, shapeOf } from "../errors.ts";
import { isPlainObject } from "../storable.ts";
import { isFlagText } from "./check-definition.ts";

/** A flag that the code asks for. */
export interface FlagDeclaration {
  /** What it is for. */
  readonly description?: string;
  /** Its variants, 1 to 200 characters each. Without, it is on or off. */
  readonly variants?: readonly string[];
  /** The value where the provider has none: it failed, or does not know the flag. Default false. */
  readonly fallback?: boolean | string;
  /** Change it when an experiment starts anew: everyone's exposure is then captured again. Default none. */
  readonly run?: string;
}

/** Flags by key, 1 to 200 characters. */
export type FlagDeclarations = Readonly<Record<string, FlagDeclaration>>;

/** The declaration by key, as it is used. */
export type Declared = ReadonlyMap<string, FlagDeclaration>;

export type FlagKey<D extends FlagDeclarations> = keyof D & string;

type ValueOf<F extends FlagDeclaration> = F extends { readonly variants: readonly (infer V extends string)[] }
  ? V | false
  : boolean;

/** What a flag answers: one of its variants or false; true or false where it has none. */
export type FlagValue<D extends FlagDeclarations, K extends FlagKey<D>> = ValueOf<D[K]>;

/** Values by key. */
export type FlagValues<D extends FlagDeclarations> = { [K in FlagKey<D>]: FlagValue<D, K> };

type WithFallbacks<D extends FlagDeclarations> = {
  readonly [K in keyof D]: { readonly fallback?: ValueOf<D[K]> };
};

/**
 * The flags that the code asks for, typed: answers what it was given.
 *
 * @throws {AnalyticsError} INVALID_FLAG when a key, a variant, a fallback or a run is unusable
 *
 * @example
 * const declared = defineFlags({
 *   "dark-mode": {},
 *   "new-editor": { variants: ["control", "a", "b"], fallback: "control" },
 * });
 */
export function defineFlags<const D extends FlagDeclarations>(flags: D & WithFallbacks<D>): D {
  checkDeclarations(flags);
  return flags;
}

/** @throws {AnalyticsError} INVALID_FLAG */
export function checkDeclarations(flags: FlagDeclarations): Declared {
  for (const [key, declaration] of Object.entries(flags)) checkDeclaration(key, declaration);
  return new Map(Object.entries(flags));
}

/** Whether a flag may have the value. */
export const isFlagValue = ({ variants }: FlagDeclaration, value: unknown): boolean =>
  value === false ||
  (variants === undefined ? value === true : variants.some((variant) => variant === value));

function checkDeclaration(key: string, declaration: FlagDeclaration): void {
  const check = (field: string, value: unknown, allowed: string, valid: boolean) => {
    if (valid) return;
    throw new AnalyticsError(
      "INVALID_FLAG",
      `defineFlags: ${field} of flag ${JSON.stringify(key.slice(0, 60))} is ${shapeOf(value)}. Allowed: ${allowed}.`,
    );
  };
  check("the key", key, "1 to 200 characters without U+0000", isFlagText(key));
  check("the declaration", declaration, "an object, {} for on or off", isPlainObject(declaration));
  const { variants, fallback = false, run } = declaration;
  const areVariants = Array.isArray(variants) && variants.length > 0 && variants.every(isFlagText);
  check("variants", variants, "texts of 1 to 200 characters", variants === undefined || areVariants);
  const unique = variants === undefined || new Set(variants).size === variants.length;
  check("variants", variants, "each variant once", unique);
  check("fallback", fallback, "false, or one of its values", isFlagValue(declaration, fallback));
  check("run", run, "1 to 200 characters", run === undefined || isFlagText(run));
}
