/** A family as a scraper reads it. */
export interface ParsedFamily {
  type: string;
  help: string;
  /** Values by `label=value` pairs, joined by commas, in order of the names. */
  samples: Map<string, number>;
}

const metricName = "[a-zA-Z_:][a-zA-Z0-9_:]*";
const sample = new RegExp(`^(${metricName})(?:\\{(.*)\\})? (\\S+)(?: (-?\\d+))?$`);
const label = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\\\|\\"|\\n)*)"(,|$)/y;

/**
 * Reads Prometheus' text format 0.0.4 by its rules, and throws at whatever breaks one: every line ends with a line
 * feed; HELP and TYPE come once and before the samples, which stand together; no sample comes twice; names and labels
 * have their alphabets, values are Go's floats.
 */
export function parseExposition(text: string): Map<string, ParsedFamily> {
  const families = new Map<string, ParsedFamily>();
  const closed = new Set<string>();
  let current = "";
  const fail = (line: string) => new Error(`Not of the format: ${JSON.stringify(line)}`);
  if (text === "") return families;
  if (!text.endsWith("\n")) throw new Error("The last line does not end.");
  for (const line of text.slice(0, -1).split("\n")) {
    const comment = new RegExp(`^# (HELP|TYPE) (${metricName}) (.*)$`).exec(line);
    if (comment !== null) {
      const [, kind, name = "", rest = ""] = comment;
      if (kind === "HELP") {
        if (families.has(name) || !/^(?:[^\\]|\\\\|\\n)*$/.test(rest)) throw fail(line);
        if (current !== "") closed.add(current);
        families.set(name, { type: "", help: rest, samples: new Map() });
        current = name;
      } else {
        const family = families.get(name);
        if (family === undefined || name !== current || family.type !== "" || family.samples.size > 0)
          throw fail(line);
        if (!/^(counter|gauge|histogram|summary|untyped)$/.test(rest)) throw fail(line);
        if (rest === "counter" && !name.endsWith("_total")) throw fail(line);
        family.type = rest;
      }
      continue;
    }
    const [, name = "", labels, value = ""] = sample.exec(line) ?? [];
    const family = families.get(name);
    if (family === undefined || family.type === "" || name !== current || closed.has(name)) throw fail(line);
    if (!/^([+-]?Inf|NaN|[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?)$/.test(value)) throw fail(line);
    const pairs = labels === undefined ? [] : readLabels(labels, line);
    const key = pairs.sort().join(",");
    if (family.samples.has(key)) throw fail(line);
    family.samples.set(key, Number(value.replace("Inf", "Infinity")));
  }
  return families;
}

function readLabels(text: string, line: string): string[] {
  const pairs: string[] = [];
  const names = new Set<string>();
  label.lastIndex = 0;
  let end = 0;
  for (let match = label.exec(text); match !== null; match = end === text.length ? null : label.exec(text)) {
    const [, name = "", value = ""] = match;
    if (names.has(name) || name.startsWith("__")) throw new Error(`A label that may not be: ${line}`);
    names.add(name);
    pairs.push(`${name}=${value.replace(/\\(.)/g, (_, char) => (char === "n" ? "\n" : char))}`);
    end = label.lastIndex;
  }
  if (end !== text.length) throw new Error(`Labels that are none: ${line}`);
  return pairs;
}
