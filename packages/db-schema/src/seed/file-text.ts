import { guideTemplate, readmeTemplate } from "./files/markdown.ts";
import { pythonTemplates } from "./files/python.ts";
import { sqlTemplates } from "./files/sql.ts";
import type { FileContext, FileTemplate } from "./files/template.ts";
import { typescriptTemplates } from "./files/typescript.ts";
import { webTemplates } from "./files/web.ts";
import { entityAt, type ProjectText } from "./project-text.ts";
import { below, kinds, streamOf } from "./random.ts";
import { slug } from "./text.ts";

export interface FileText {
  path: string;
  programmingLanguage: FileTemplate["programmingLanguage"];
  /** `fr` or `en` for prose, `simple` for code. */
  language: "fr" | "en" | "simple";
  content: string;
}

/** All there is besides the README: each once per entity of the domain. */
export const fileTemplates: readonly FileTemplate[] = [
  ...typescriptTemplates,
  ...pythonTemplates,
  ...sqlTemplates,
  ...webTemplates,
  guideTemplate,
];

/**
 * The n-th file of a project: first its README, then the templates in an order of its own.
 * Paths of one project never repeat.
 */
export function fileText(
  seed: number,
  projectIndex: number,
  ordinal: number,
  project: ProjectText,
): FileText {
  const order = streamOf(seed, kinds.project, projectIndex, 2);
  const perRound = fileTemplates.length * project.domain.entities.length;
  const start = below(order, perRound);
  const slot = (start + (ordinal - 1) * strideFor(perRound)) % perRound;
  const template =
    ordinal === 0 ? readmeTemplate : (fileTemplates[slot % fileTemplates.length] as FileTemplate);
  const entity = ordinal === 0 ? start : Math.floor(slot / fileTemplates.length);

  const random = streamOf(seed, kinds.file, projectIndex, ordinal + 1);
  const { fields } = project.domain;
  // At times one field fewer, so that the same table differs between projects.
  const dropped = below(random, fields.length + 2);
  const context: FileContext = {
    random,
    project,
    slug: slug(project.name, "-"),
    entity: entityAt(project.domain, entity),
    other: entityAt(project.domain, entity + 1),
    fields: fields.filter((_, index) => index !== dropped),
  };
  // A project with more files than that has several packages.
  const round = ordinal === 0 ? 0 : Math.floor((ordinal - 1) / perRound);
  const path = template.path(context);
  return {
    path: round === 0 ? path : `packages/part-${round + 1}/${path}`,
    programmingLanguage: template.programmingLanguage,
    language: template.programmingLanguage === "markdown" ? project.language : "simple",
    content: template.content(context),
  };
}

/** A step that visits every slot of a round once: no common divisor with it. */
function strideFor(perRound: number): number {
  let stride = 7;
  while (greatestCommonDivisor(stride, perRound) !== 1) stride++;
  return stride;
}

const greatestCommonDivisor = (a: number, b: number): number =>
  b === 0 ? a : greatestCommonDivisor(b, a % b);
