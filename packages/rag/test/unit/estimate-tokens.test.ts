import { readFileSync } from "node:fs";
import fc from "fast-check";
import * as cl100k from "gpt-tokenizer/encoding/cl100k_base";
import * as o200k from "gpt-tokenizer/encoding/o200k_base";
import { describe, expect, test } from "vitest";
import { estimateTokens } from "../../src/index.ts";
import { sharedTexts } from "../support/fakes.ts";

const asText = { disallowedSpecial: new Set<string>() };
const realTokens = (text: string): number =>
  Math.max(cl100k.countTokens(text, asText), o200k.countTokens(text, asText));

const file = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");
const english =
  "Deploying to production takes three steps. First, check that every migration has run; then build the application and, finally, point the domain at the new release. Nobody noticed the outage, although the retries quadrupled our bill.";
const french =
  "L’hébergement de votre application s’effectue en trois étapes : vérifiez d’abord que les migrations ont été exécutées, puis construisez le projet. Où qu’il soit, l’utilisateur reçoit « l’état » du déploiement — même à Noël, ça fonctionne.";
const corpora: Record<string, string> = {
  english,
  french,
  german:
    "Die Datenschutzbeauftragten der Bundesrepublik veröffentlichen jährlich Tätigkeitsberichte über Rechtsverstöße.",
  typescript: file("../../src/fusion.ts") + file("../../src/options.ts") + file("../../src/fit-prompt.ts"),
  json: file("../../package.json"),
  chinese: "人工智能是计算机科学的一个分支，它企图了解智能的实质，并生产出一种新的智能机器。",
  japanese: "日本国民は、正当に選挙された国会における代表者を通じて行動し、われらとわれらの子孫のために。",
  korean: "모든 국민은 인간으로서의 존엄과 가치를 가지며, 행복을 추구할 권리를 가진다.",
  rareHan: "龘龖鑫驫麤靐齉爩灪麷鸞𠀀𠀁",
  arabic: "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق.",
  emoji: "👩‍👩‍👧‍👦🏳️‍🌈👍🏽🇫🇷😀🚀✨ 🫠🫡🪿🩷🛜 1️⃣2️⃣",
  markdown:
    "| a | b |\n| --- | ---: |\n| 1,234.5 | `x[0]` |\n\n## 4. Heading\n- [ ] item\n\n```sh\nnpm i -D x\n```\n",
  hash: "sha512-WUjGcAqP1gQacoQe+OBJsFA7Ld4DyXuUIjZ5cc75cLHvJ7dmtpGqjBOsCtOxkFb+6MH0fFJhxlXzbSPaA==",
  hexadecimal: "f1b16a53e4387329be8c1121d5ca776d45574fe812b41e65f63d9dbdbe4d",
  uuid: "0190a6e2-7c3d-7f1a-9b5e-2f4c8d1e6a7b 0190a6e2-7c3d-7f1a-9b5e-2f4c8d1e6a7c",
};

describe.each(Object.entries(corpora))("%s", (_name, corpus) => {
  test("no slice holds more tokens than estimated", () => {
    const slice = fc.tuple(fc.nat(corpus.length - 1), fc.integer({ min: 1, max: 800 }));
    fc.assert(
      fc.property(slice, ([start, length]) => {
        // Whole characters, because a slice may begin or end within a pair of surrogates.
        const text = corpus.slice(start, start + length).replace(/\p{Cs}/gu, "");
        expect(estimateTokens(text)).toBeGreaterThanOrEqual(realTokens(text));
      }),
      { numRuns: 200 },
    );
  });
});

test("blanks of any kind and number are not underestimated", () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.constantFrom(" ", "\n", "\t", "\r\n", " \n", "x", "7", "{"), fc.nat(120)), {
        maxLength: 6,
      }),
      (runs) => {
        const text = runs.map(([unit, times]) => unit.repeat(times)).join("");
        expect(estimateTokens(text)).toBeGreaterThanOrEqual(realTokens(text));
      },
    ),
    { numRuns: 300 },
  );
});

test("the characters that count one are one token in both vocabularies", () => {
  for (const character of "\u00a0¡¢£§«°³·ÀÇÉßàâäçèéêëîïñôöùûüœ–—‘’“”•…")
    expect([character, realTokens(character)]).toEqual([character, 1]);
});

test("the slack stays within what is documented", () => {
  expect(estimateTokens("")).toBe(0);
  expect(estimateTokens(english) / realTokens(english)).toBeLessThan(1.8);
  expect(estimateTokens(french) / realTokens(french)).toBeLessThan(1.8);
});

describe.each([
  "cranfield/corpus.jsonl",
  "fr-cnil-faq/corpus.jsonl",
  "bad-input/xss.jsonl",
  "bad-input/sqli.jsonl",
  "bad-input/prompt-injection-labelled.jsonl",
])("shared/data/%s", (path) => {
  const texts = sharedTexts(path);
  test.skipIf(texts.length === 0)("no text holds more tokens than estimated", () => {
    const under = texts.filter((text) => realTokens(text) > estimateTokens(text));
    expect(under).toEqual([]);
  });
});
