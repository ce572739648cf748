declare module "wink-bm25-text-search" {
  type PrepTask = (input: never) => unknown;
  interface WinkEngine {
    defineConfig(config: { fldWeights: Record<string, number> }): boolean;
    definePrepTasks(tasks: readonly PrepTask[], field?: string): number;
    addDoc(document: Record<string, string>, id: string): number;
    consolidate(): boolean;
    search(text: string, limit?: number): [id: string, score: number][];
  }
  export default function bm25(): WinkEngine;
}

declare module "wink-nlp-utils" {
  const nlp: {
    string: { lowerCase(text: string): string; tokenize0(text: string): string[] };
    tokens: {
      removeWords(tokens: string[]): string[];
      stem(tokens: string[]): string[];
      propagateNegations(tokens: string[]): string[];
    };
  };
  export default nlp;
}
