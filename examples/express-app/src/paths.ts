import { join } from "node:path";

/** Folder of this host: the parent of `src/` as well as of `dist/`. */
export const hostFolder = join(import.meta.dirname, "..");
/** The repository that the host is part of. */
export const repositoryFolder = join(hostFolder, "../..");
/** Files that browsers get as they are. */
export const publicFolder = join(hostFolder, "src/web/public");
