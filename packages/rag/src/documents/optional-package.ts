import { RagError } from "../errors.ts";

/**
 * Loads a package that only those install who need it.
 * @throws {RagError} READER_REQUIRED when it is not installed
 */
export async function optionalPackage<T>(name: string, mimeType: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    const { code, message } = (cause ?? {}) as { code?: unknown; message?: unknown };
    const isMissing =
      (code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND") &&
      String(message).includes(`'${name}'`);
    if (!isMissing) throw cause;
    throw new RagError(
      "READER_REQUIRED",
      `ingestDocuments: a document is ${mimeType}, and the package ${name} that reads it is not installed. Run: npm install ${name}; or pass readers: { "${mimeType}": … }, or leave such documents out of the source.`,
      { cause },
    );
  }
}
