import { readFileSync } from "node:fs";

/** A process of this machine, told apart from a later one of the same id where the system says when it began. */
export interface RunningProcess {
  pid: number;
  /** Boot and moment of the start; undefined where there is no /proc. */
  start: string | undefined;
}

/** The process that runs this code; its threads and other copies of this module answer the same. */
export const thisProcess = (): RunningProcess => ({
  pid: process.pid,
  start: statOf(process.pid)?.start,
});

/** False when the process is gone, is dead but not yet reaped, or when another has its id now. */
export function isRunning({ pid, start }: RunningProcess): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || !isSignalable(pid)) return false;
  const now = statOf(pid);
  if (now === undefined) return true;
  if (now.state === "Z" || now.state === "X") return false;
  return start === undefined || start === now.start;
}

function isSignalable(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

function statOf(pid: number): { state: string; start: string } | undefined {
  try {
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold spaces and parentheses; the state follows it, the start is the 22nd field.
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const [state, ticks] = [fields[0], fields[19]];
    return state === undefined || ticks === undefined ? undefined : { state, start: `${boot}:${ticks}` };
  } catch {
    return undefined;
  }
}
