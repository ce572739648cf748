const ligatures: Readonly<Record<string, string>> = { œ: "oe", æ: "ae", ß: "ss", ﬁ: "fi", ﬂ: "fl" };

/** A text in lower case, without accents and ligatures: as the database folds words before it stems them. */
export const fold = (text: string): string =>
  text
    .toLowerCase()
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replace(/[œæßﬁﬂ]/g, (letters) => ligatures[letters] ?? letters)
    .normalize("NFC");

/** What synonyms of a word are kept under: folded, without punctuation around it; `c++` and `c#` keep theirs. */
export const synonymKey = (text: string): string =>
  fold(text)
    .replace(/^[^\p{L}\p{N}]+|[^\p{L}\p{N}+#]+$/gu, "")
    .replace(/\s+/g, " ");
