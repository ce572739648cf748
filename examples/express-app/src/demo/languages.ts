import { extname } from "node:path";

const byExtension: Record<string, string> = {
  ".ts": "typescript",
  ".tsx": "typescript",
  ".mts": "typescript",
  ".cts": "typescript",
  ".js": "javascript",
  ".jsx": "javascript",
  ".mjs": "javascript",
  ".cjs": "javascript",
  ".py": "python",
  ".rb": "ruby",
  ".go": "go",
  ".rs": "rust",
  ".java": "java",
  ".kt": "kotlin",
  ".c": "c",
  ".h": "c",
  ".cpp": "cpp",
  ".cs": "csharp",
  ".php": "php",
  ".swift": "swift",
  ".sh": "shell",
  ".sql": "sql",
  ".html": "html",
  ".css": "css",
  ".scss": "css",
  ".json": "json",
  ".yaml": "yaml",
  ".yml": "yaml",
  ".toml": "toml",
  ".xml": "xml",
  ".md": "markdown",
  ".mdx": "markdown",
  ".txt": "text",
  ".vue": "vue",
  ".svelte": "svelte",
};
const byName: Record<string, string> = { Dockerfile: "dockerfile", Makefile: "makefile" };

/** Programming language of a file, by its name; `text` where it is not known. */
export const programmingLanguageOf = (fileName: string): string =>
  byName[fileName] ?? byExtension[extname(fileName).toLowerCase()] ?? "text";

const frenchWords =
  /\b(?:le|la|les|de|du|des|un|une|et|est|dans|pour|avec|sur|qui|que|nous|vous|pas|sont|cette|aux|par|mon|ma|mes|comment|quel|quelle)\b|[éèêàçùœ]/gi;
const englishWords =
  /\b(?:the|a|an|is|and|of|to|in|for|with|that|this|are|not|you|my|from|by|it|be|as|or|how|what|which|does|do)\b/gi;

/**
 * Language of a text for its search vector, by its commonest words; `simple` where none or as many of each are found.
 * Code is mostly English in its comments, and these are what people ask about.
 */
export function textLanguageOf(text: string): "fr" | "en" | "simple" {
  const sample = text.slice(0, 20_000);
  const french = sample.match(frenchWords)?.length ?? 0;
  const english = sample.match(englishWords)?.length ?? 0;
  if (french === english) return "simple";
  return french > english ? "fr" : "en";
}
