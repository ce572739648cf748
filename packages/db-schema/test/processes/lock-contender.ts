// Run by fork: tries to take the lock of a folder when told to, and holds it until told to give it back.

import { lockFolder } from "../../src/embedded/folder-lock.ts";
import { isSchemaError } from "../../src/errors.ts";

let unlock: (() => void) | undefined;
process.on("message", ({ folder, at }: { folder?: string; at?: number }) => {
  if (folder === undefined) {
    unlock?.();
    unlock = undefined;
    process.send?.("free");
    return;
  }
  // All contenders begin in the same millisecond.
  while (Date.now() < (at ?? 0));
  try {
    unlock = lockFolder(folder);
    process.send?.("won");
  } catch (error) {
    process.send?.(isSchemaError(error) ? (error as { code?: string }).code : String(error));
  }
});
process.send?.("ready");
