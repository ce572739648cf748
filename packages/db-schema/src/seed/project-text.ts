import { type Domain, domains, type Entity } from "./banks/domains.ts";
import {
  type ProjectType,
  projectPhrases,
  projectTypeShares,
  projectTypes,
  stacks,
} from "./banks/projects.ts";
import { below, chance, cumulate, kinds, pick, pickCumulative, streamOf } from "./random.ts";
import { capitalize, fill, type Locale, slotsOf } from "./text.ts";

export interface ProjectText {
  domain: Domain;
  type: ProjectType;
  language: Locale;
  name: string;
  description: string;
  tags: readonly string[];
}

const typeCumulative = cumulate(projectTypeShares);

/** What a project is called and about. Most are in their owner's language. */
export function projectText(seed: number, index: number, ownerLocale: Locale): ProjectText {
  const s = streamOf(seed, kinds.project, index, 1);
  const domain = pick(s, domains);
  const type = projectTypes[pickCumulative(s, typeCumulative)] ?? "saas";
  const language = chance(s, 0.92) ? ownerLocale : ownerLocale === "fr" ? "en" : "fr";
  const phrases = projectPhrases[language];
  const first = below(s, domain.entities.length);
  const slots = slotsOf(domain, entityAt(domain, first), entityAt(domain, first + 1), language, "");

  const name = chance(s, 0.68)
    ? `${pick(s, domain.stems)} ${pick(s, phrases.nameEndings)}`
    : fill(pick(s, phrases.plainNames), slots);
  const feature = below(s, phrases.features.length);
  const second = (feature + 1 + below(s, phrases.features.length - 1)) % phrases.features.length;
  const stack = pick(s, stacks);
  const sentences = [
    fill(pick(s, phrases.openings[type]), slots),
    fill(pick(s, phrases.featureSentences), {
      first: fill(phrases.features[feature] ?? "", slots),
      second: fill(phrases.features[second] ?? "", slots),
    }),
  ];
  if (chance(s, 0.7)) sentences.push(fill(pick(s, phrases.stackSentences), { stack: stack.label }));
  if (chance(s, 0.55)) sentences.push(fill(pick(s, phrases.closings), slots));

  const tags = new Set<string>([type, domain.key, ...stack.tags.slice(0, below(s, 4))]);
  return {
    domain,
    type,
    language,
    name: capitalize(name),
    description: sentences.join(" "),
    tags: [...tags],
  };
}

/** The entity at an index that may run past the end. */
export const entityAt = (domain: Domain, index: number): Entity =>
  domain.entities[index % domain.entities.length] as Entity;
