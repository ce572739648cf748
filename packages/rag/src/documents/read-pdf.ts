import { codeOf } from "../errors.ts";
import { DocumentError } from "./document-error.ts";
import { optionalPackage } from "./optional-package.ts";
import type { DocumentReader, ReaderCall } from "./reader.ts";

/** The text of a PDF by unpdf, page by page, a blank line between pages. Pictures of text are not read. */
export const readPdf: DocumentReader = async (bytes, { mimeType, limits, signal }) => {
  const { getDocumentProxy } = await optionalPackage("unpdf", mimeType, () => import("unpdf"));
  // PDF.js refuses Buffers, and takes what it is given away from its owner.
  const pdf = await getDocumentProxy(new Uint8Array(bytes), { verbosity: 0 }).catch((error: unknown) => {
    throw codeOf(error) === "PasswordException"
      ? new DocumentError("ENCRYPTED", "It wants a password. Store it without one.", error)
      : error;
  });
  try {
    const text = await textOfPages(pdf, limits, signal);
    const { info } = await pdf.getMetadata();
    const { Title: title } = info as { Title?: unknown };
    return { text, ...(typeof title === "string" && title.trim() !== "" ? { title } : {}) };
  } finally {
    await pdf.loadingTask.destroy();
  }
};

/** The part of a PDF.js document that is used. */
interface Pages {
  readonly numPages: number;
  getPage(
    n: number,
  ): Promise<{ getTextContent(): Promise<{ items: readonly object[] }>; cleanup(): unknown }>;
}

async function textOfPages(pdf: Pages, limits: ReaderCall["limits"], signal: AbortSignal): Promise<string> {
  if (pdf.numPages > limits.pages)
    throw new DocumentError("TOO_LARGE", `It has ${pdf.numPages} pages; limits.pages is ${limits.pages}.`);
  const pages: string[] = [];
  let characters = 0;
  for (let n = 1; n <= pdf.numPages; n++) {
    signal.throwIfAborted();
    const page = await pdf.getPage(n);
    const { items } = await page.getTextContent();
    page.cleanup();
    const text = items.map(textOfItem).join("").trim();
    characters += text.length;
    if (characters > limits.characters)
      throw new DocumentError(
        "TOO_LARGE",
        `Its first ${n} pages have more than ${limits.characters} characters (limits.characters).`,
      );
    if (text !== "") pages.push(text);
  }
  return pages.join("\n\n");
}

/** Items are pieces of text, or marks that have none. */
function textOfItem(item: { str?: string; hasEOL?: boolean }): string {
  return `${item.str ?? ""}${item.hasEOL ? "\n" : ""}`;
}
