import { checkFor } from "../check-option.ts";
import { AnalyticsError } from "../errors.ts";
import { isPlainObject } from "../storable.ts";
import { type Declared, isFlagValue } from "./define-flags.ts";

type Values = ReadonlyMap<string, boolean | string>;

/** Values that are answered in place of the provider's. */
export interface Overrides {
  of(flag: string): boolean | string | undefined;
  /** Puts values over the earlier ones; answers a function that takes them back. */
  add(values: unknown): () => void;
}

export function createOverrides(declared: Declared): Overrides {
  const layers: Values[] = [];
  return {
    of: (flag) => layers.findLast((layer) => layer.has(flag))?.get(flag),
    add(values) {
      const layer = checkValues(values, declared);
      layers.push(layer);
      return () => {
        const at = layers.indexOf(layer);
        if (at >= 0) layers.splice(at, 1);
      };
    },
  };
}

export const undeclaredFlag = (flag: unknown): AnalyticsError =>
  new AnalyticsError(
    "INVALID_OPTION",
    `The flag ${JSON.stringify(String(flag).slice(0, 60))} is not declared. Add it to defineFlags.`,
  );

function checkValues(values: unknown, declared: Declared): Values {
  const check = checkFor("createFeatureFlags");
  check("overrides", values, "an object of values by flag", isPlainObject(values));
  const layer = new Map<string, boolean | string>();
  for (const [flag, value] of Object.entries(values as Record<string, boolean | string | undefined>)) {
    if (value === undefined) continue;
    const declaration = declared.get(flag);
    if (declaration === undefined) throw undeclaredFlag(flag);
    const allowed = declaration.variants === undefined ? "true or false" : "one of its variants or false";
    check(`overrides.${flag.slice(0, 60)}`, value, allowed, isFlagValue(declaration, value));
    layer.set(flag, value);
  }
  return layer;
}
