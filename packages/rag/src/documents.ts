export type { DocumentFailureCode } from "./documents/document-error.ts";
export { type FolderOptions, folderDocuments } from "./documents/folder-documents.ts";
export { type IngestSummary, ingestDocuments } from "./documents/ingest-documents.ts";
export type {
  DocumentIndexer,
  IngestOptions,
  IngestProgress,
  PruneOptions,
} from "./documents/options.ts";
export type { FailedDocument } from "./documents/prepare-document.ts";
export type { DocumentLimits, DocumentReader, ReadDocument, ReaderCall } from "./documents/reader.ts";
export { type SitemapOptions, sitemapDocuments } from "./documents/sitemap-documents.ts";
export type {
  ContentCall,
  DocumentContent,
  DocumentSource,
  SourceDocument,
} from "./documents/source-document.ts";
export type { Language } from "./documents/text-language.ts";
