import type { Vocabulary } from "./vocabulary.ts";

export type ProseLanguage = "fr" | "en";

const functionWords: Record<ProseLanguage, readonly string[]> = {
  en: ["the", "of", "to", "and", "in", "is", "for", "with", "on", "this", "that", "it", "a", "be", "from"],
  fr: ["le", "la", "les", "de", "des", "et", "en", "un", "une", "pour", "avec", "sur", "dans", "est", "que"],
};
const verbs = ["get", "set", "create", "update", "delete", "find", "list", "load", "save", "render"];
/** Share of a text's words that say nothing. */
const functionShare = 0.35;

/** Writes texts with the words of a vocabulary, and tells of each word that it used. */
export interface Writer {
  /** So many words, in sentences. */
  prose(language: ProseLanguage, words: number): string;
  /** So many words without a stop, the first one capitalised. */
  title(words: number): string;
  /** A module in TypeScript with so many functions. */
  code(functions: number): string;
  word(): string;
}

export function createWriter(
  { words, draw }: Vocabulary,
  random: () => number,
  onWord: (rank: number) => void,
): Writer {
  const word = () => {
    const rank = draw(random);
    onWord(rank);
    return words[rank] ?? "";
  };
  const oneOf = (list: readonly string[]) => list[Math.floor(random() * list.length)] ?? "";
  const title = (count: number) => capitalize(Array.from({ length: count }, word).join(" "));
  const prose = (language: ProseLanguage, count: number) => {
    let text = "";
    let sentence = 0;
    for (let written = 0; written < count; written++) {
      const next = random() < functionShare ? oneOf(functionWords[language]) : word();
      text += sentence === 0 ? capitalize(next) : ` ${next}`;
      sentence = sentence > 6 && random() < 0.2 ? 0 : sentence + 1;
      if (sentence === 0) text += ". ";
    }
    return `${text.trim()}.`;
  };
  const code = (functions: number) => {
    const [type, module] = [capitalize(word()), word()];
    const bodies = Array.from({ length: functions }, () => {
      const [noun, part, local] = [word(), word(), word()];
      const name = `${oneOf(verbs)}${capitalize(noun)}${capitalize(part)}`;
      return `/** ${prose("en", 10)} */
export async function ${name}(${noun}Id: string): Promise<${type}> {
  const ${local} = await database.query("${noun}_${part}", { ${noun}Id });
  if (!${local}) throw new ${type}Error("${word()} ${word()}");
  return ${local}.map((item) => item.${word()});
}
`;
    });
    return `import { ${type} } from "./${module}";\n\n${bodies.join("\n")}`;
  };
  return { prose, title, code, word };
}

export const capitalize = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
