import { type IngestOptions, resolveIngest } from "../../src/documents/options.ts";
import { prepareDocument } from "../../src/documents/prepare-document.ts";
import type { SourceDocument } from "../../src/documents.ts";

/** A document as it would be stored, or as it would be reported. */
export const prepared = (document: SourceDocument, options: Partial<IngestOptions> = {}) =>
  prepareDocument(
    document,
    resolveIngest({ db: { transaction() {} } as never, ownerId: "alice", documents: [], ...options }),
  );

/** All documents of a source, as they would be stored or reported. */
export async function preparedAll(
  source: AsyncIterable<SourceDocument>,
  options: Partial<IngestOptions> = {},
) {
  const all = [];
  for await (const document of source) all.push(await prepared(document, options));
  return all;
}
