import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { basename } from "node:path";

/** Whether the process has ended; one that nobody has reaped yet has ended too. */
export function hasEnded(pid: number): boolean {
  const stat = readStat(pid);
  return stat === undefined || stat.state === "Z" || stat.state === "X";
}

/** The ids of a process's direct children. */
export function childrenOf(pid: number): number[] {
  return allProcesses().filter((candidate) => readStat(candidate)?.parent === pid);
}

/** The ids of running `programs` whose command line mentions `text`. */
export function processesMentioning(text: string, programs: readonly string[]): number[] {
  return allProcesses().filter((pid) => {
    try {
      const program = basename(readlinkSync(`/proc/${pid}/exe`));
      return programs.includes(program) && readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text);
    } catch {
      return false; // ended meanwhile, or another user's
    }
  });
}

/** Sends a signal; a process that has ended is no error. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
  }
}

function allProcesses(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function readStat(pid: number): { state: string; parent: number } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The second field is the program's name in brackets, which may itself hold brackets and spaces.
    const [state = "", parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return { state, parent: Number(parent) };
  } catch {
    return undefined;
  }
}
