import { createHash } from "node:crypto";
import { activeMoment } from "../active-moment.ts";
import { iso, isoOrNull, minuteMs } from "../calendar.ts";
import { fileText } from "../file-text.ts";
import type { Person } from "../people.ts";
import type { Population } from "../population.ts";
import { type ProjectText, projectText } from "../project-text.ts";
import { chance, idAt, kinds, streamOf, unit } from "../random.ts";
import type { SeedRow, seedTables } from "../tables.ts";

export interface Project {
  index: number;
  id: string;
  owner: Person;
  text: ProjectText;
  createdAt: number;
  archivedAt: number | undefined;
  /** Files, conversations and messages went with it. */
  deletedAt: number | undefined;
  updatedAt: number;
}

/** A project by its index; always the same. */
export function projectAt(population: Population, index: number): Project {
  const { seed, people, projects, projectTouchedAt, calendar } = population;
  const owner = people[projects.parent[index] as number] as Person;
  const createdAt = projects.createdAt[index] as number;
  const touchedAt = projectTouchedAt[index] as number;
  const s = streamOf(seed, kinds.project, index, 3);
  const id = idAt(createdAt, index, s);
  const fate = unit(s);
  // Nothing happens in a project after its end; ten minutes are enough for a deployment to finish.
  const endedAt =
    fate < 0.24 ? activeMoment(population, owner, s, touchedAt + 10 * minuteMs, calendar.now) : undefined;
  return {
    index,
    id,
    owner,
    text: projectText(seed, index, owner.locale),
    createdAt,
    archivedAt: fate >= 0.1 ? endedAt : undefined,
    deletedAt: fate < 0.1 ? endedAt : undefined,
    updatedAt: endedAt ?? touchedAt,
  };
}

/** For children in the order of their projects: each project is made once. */
export function projectReader(population: Population): (index: number) => Project {
  let last: Project | undefined;
  return (index) => {
    if (last?.index !== index) last = projectAt(population, index);
    return last;
  };
}

export function* projectRows(population: Population): Generator<SeedRow<typeof seedTables.projects>> {
  for (let index = 0; index < population.projects.count; index++) {
    const project = projectAt(population, index);
    const { text } = project;
    yield {
      id: project.id,
      user_id: project.owner.id,
      name: text.name,
      description: text.description,
      project_type: text.type,
      status: project.archivedAt === undefined ? "active" : "archived",
      language: text.language,
      tags: text.tags,
      created_at: iso(project.createdAt),
      updated_at: iso(project.updatedAt),
      deleted_at: isoOrNull(project.deletedAt),
    };
  }
}

export function* fileRows(population: Population): Generator<SeedRow<typeof seedTables.projectFiles>> {
  const { seed, files, projectTouchedAt } = population;
  const projectOf = projectReader(population);
  for (let index = 0; index < files.count; index++) {
    const project = projectOf(files.parent[index] as number);
    const text = fileText(seed, project.index, files.ordinal[index] as number, project.text);
    const createdAt = files.createdAt[index] as number;
    const s = streamOf(seed, kinds.file, index, 0x10000);
    const id = idAt(createdAt, index, s);
    const editedAt = chance(s, 0.5) ? createdAt : (projectTouchedAt[project.index] as number);
    yield {
      id,
      user_id: project.owner.id,
      project_id: project.id,
      path: text.path,
      programming_language: text.programmingLanguage,
      language: text.language,
      content: text.content,
      size_bytes: Buffer.byteLength(text.content),
      content_hash: createHash("sha256").update(text.content).digest("hex"),
      created_at: iso(createdAt),
      updated_at: iso(project.deletedAt ?? editedAt),
      deleted_at: isoOrNull(project.deletedAt),
    };
  }
}
