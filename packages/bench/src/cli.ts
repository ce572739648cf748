import { cpus } from "node:os";
import { parseArgs } from "node:util";
import { type BenchRow, formatRows } from "./row.ts";
import { suites } from "./suites/index.ts";

const usage = `Usage: pnpm bench <suite> [--size 1|10|100] [--memory] [--json]\nSuites: ${Object.keys(suites).join(", ")}\nDATABASE_URL names the server; without it an embedded database is used.`;

const log = (text: string) => void process.stderr.write(`${text}\n`);

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    args: process.argv.slice(2).filter((argument) => argument !== "--"),
    allowPositionals: true,
    options: {
      size: { type: "string", default: "1" },
      memory: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const [name = ""] = positionals;
  const suite = suites[name];
  const size = Number(values.size);
  if (positionals.length !== 1 || suite === undefined || !(size > 0 && size <= 100)) {
    log(usage);
    return 2;
  }
  log(
    `${name}, size ${size}, Node ${process.version}, ${cpus().length} cores (${cpus()[0]?.model ?? "unknown"})`,
  );
  const rows: BenchRow[] = await suite({ size, memory: values.memory, log });
  process.stdout.write(`${values.json ? JSON.stringify(rows, null, 2) : formatRows(rows)}\n`);
  return rows.some((row) => row.met === false) ? 1 : 0;
}

process.exitCode = await main();
