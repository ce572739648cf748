import type { Suite } from "../suite.ts";
import { embeddings } from "./embeddings/index.ts";
import { overview } from "./overview.ts";
import { rag } from "./rag/index.ts";
import { schema } from "./schema/index.ts";
import { search } from "./search/index.ts";

/** The suites by name. */
export const suites: Record<string, Suite> = { embeddings, overview, rag, schema, search };
