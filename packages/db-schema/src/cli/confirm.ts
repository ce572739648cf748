import type { Terminal } from "./terminal.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Asks before rows are lost. `yes` says so beforehand; where nobody can be asked, it must.
 * @throws {UsageError} without a terminal and without --yes
 */
export async function mayLose(terminal: Terminal, what: string, yes: boolean): Promise<boolean> {
  if (yes) return true;
  if (!terminal.interactive) {
    throw new UsageError(`${what} There is no terminal to ask in: pass --yes to go on.`);
  }
  const sure = await terminal.confirm(`${what} Go on?`);
  if (!sure) terminal.note("Nothing was done.");
  return sure;
}
