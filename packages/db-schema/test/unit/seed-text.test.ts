import { expect, test } from "vitest";
import { domains } from "../../src/seed/banks/domains.ts";
import { projectPhrases, projectTypes } from "../../src/seed/banks/projects.ts";
import { conversationText, messageText, topicBanks } from "../../src/seed/conversation-text.ts";
import { fileTemplates, fileText } from "../../src/seed/file-text.ts";
import { projectText } from "../../src/seed/project-text.ts";
import { fill, type Locale } from "../../src/seed/text.ts";

const locales: readonly Locale[] = ["fr", "en"];
const known = [
  "project",
  "domain",
  "audience",
  "entities",
  "Entities",
  "others",
  "table",
  "entity",
  "Entity",
  "first",
  "second",
  "stack",
];

function stringsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(stringsIn) : [];
}

test("a slot takes its words, and text without slots stays as it is", () => {
  expect(fill("{entities} of {project}: {entities}", { project: "Solde", entities: "invoices" })).toBe(
    "invoices of Solde: invoices",
  );
  expect(fill("plain", {})).toBe("plain");
});

test("phrase banks name no slot that does not exist", () => {
  const slots = stringsIn([projectPhrases, topicBanks]).flatMap((text) =>
    [...text.matchAll(/\{([^}]*)\}/g)].map((match) => match[1]),
  );
  expect(slots.length).toBeGreaterThan(300);
  expect(slots.filter((slot) => !known.includes(slot as string))).toEqual([]);
});

test("both languages talk about the same topics, at least eighteen, with several ways to ask and to answer", () => {
  const keys = (locale: Locale) => topicBanks[locale].topics.map((topic) => topic.key);
  expect(keys("fr")).toEqual(keys("en"));
  expect(new Set(keys("en")).size).toBeGreaterThanOrEqual(18);
  for (const { topics } of Object.values(topicBanks)) {
    for (const { titles, exchanges } of topics) {
      expect(titles.length).toBeGreaterThanOrEqual(2);
      expect(exchanges.length).toBeGreaterThanOrEqual(3);
      for (const { questions, leads, details } of exchanges) {
        expect([questions.length, leads.length, details.length]).toEqual([2, 2, 3]);
        for (const question of questions) expect(question).toMatch(/\?$/);
        for (const sentence of [...leads, ...details]) expect(sentence).toMatch(/\.$/);
      }
    }
  }
});

test("an answer belongs to the question just before it", () => {
  for (const locale of locales) {
    const project = projectText(1, 3, locale);
    const text = conversationText(1, 5, project, locale);
    const exchanges = topicBanks[locale].topics.flatMap((topic) => topic.exchanges);
    for (let turn = 0; turn < 20; turn++) {
      const question = messageText(1, 100 + turn, turn * 2, text);
      const answer = messageText(1, 200 + turn, turn * 2 + 1, text);
      const asked = exchanges.find(({ questions }) =>
        questions.some((template) => question.includes(fill(template, text.slots))),
      );
      expect(asked, question).toBeDefined();
      expect(asked?.leads.some((template) => answer.startsWith(fill(template, text.slots)))).toBe(true);
      const sentences = answer.split(/(?<=[.?!]) (?=[A-ZÀ-Ý])/).length;
      expect(sentences).toBeGreaterThanOrEqual(2);
      expect(sentences).toBeLessThanOrEqual(6);
    }
  }
});

test("4,000 projects have more than 3,900 different descriptions, of every type and about every domain", () => {
  const texts = Array.from({ length: 4000 }, (_, index) =>
    projectText(1, index, locales[index % 2] as Locale),
  );
  expect(new Set(texts.map(({ description }) => description)).size).toBeGreaterThan(3900);
  expect(new Set(texts.map(({ type }) => type))).toEqual(new Set(projectTypes));
  expect(new Set(texts.map(({ domain }) => domain.key)).size).toBe(domains.length);
  for (const { name, description, tags } of texts) {
    expect(`${name}${description}${tags.join("")}`).not.toMatch(/[{}]|undefined/);
    expect(name.length).toBeLessThanOrEqual(200);
    expect(description.length).toBeGreaterThan(60);
  }
});

test("files of every domain are whole, of plausible length, and never share a path within a project", () => {
  for (let index = 0; index < domains.length * 3; index++) {
    const project = projectText(2, index, "fr");
    const files = Array.from({ length: 150 }, (_, ordinal) => fileText(2, index, ordinal, project));
    expect(new Set(files.map(({ path }) => path)).size).toBe(files.length);
    expect(files[0]).toMatchObject({ path: "README.md", language: project.language });
    for (const { path, content, language, programmingLanguage } of files) {
      expect(content.length, path).toBeGreaterThanOrEqual(300);
      expect(content.length, path).toBeLessThanOrEqual(3000);
      // In TypeScript "undefined" may be meant.
      expect(content.replaceAll(/(\||:) undefined/g, ""), path).not.toMatch(/undefined|\[object|NaN/);
      expect(language).toBe(programmingLanguage === "markdown" ? project.language : "simple");
    }
    expect(new Set(files.map((file) => file.programmingLanguage)).size).toBe(9);
  }
});

test("JSON files parse", () => {
  const json = fileTemplates.filter((template) => template.programmingLanguage === "json");
  expect(json).toHaveLength(1);
  for (let index = 0; index < 20; index++) {
    const project = projectText(3, index, "en");
    const files = Array.from({ length: 60 }, (_, ordinal) => fileText(3, index, ordinal, project));
    for (const file of files.filter(({ programmingLanguage }) => programmingLanguage === "json")) {
      expect(JSON.parse(file.content)).toHaveProperty("rows");
    }
  }
});
