import { pick } from "../random.ts";
import { type FileContext, type FileTemplate, some } from "./template.ts";

const methods: readonly ((c: FileContext) => string)[] = [
  ({ entity: e }) => `  async archive${e.pascal}(${e.camel}Id: string): Promise<void> {
    await this.db.update("${e.snakePlural}", { id: ${e.camel}Id }, { archivedAt: this.now() });
    this.events.emit("${e.snake}_archived", { ${e.camel}Id });
  }
`,
  ({ entity: e }) => `  async duplicate${e.pascal}(${e.camel}Id: string): Promise<${e.pascal}> {
    const source = await this.get${e.pascal}ById(${e.camel}Id);
    if (!source) throw new NotFoundError("${e.snake}", ${e.camel}Id);
    return this.create${e.pascal}({ ...source, id: undefined });
  }
`,
  ({ entity: e }) => `  async count${e.pascalPlural}(ownerId: string): Promise<number> {
    const { rows } = await this.db.query("select count(*)::int as total from ${e.snakePlural} where user_id = $1", [ownerId]);
    return rows[0]?.total ?? 0;
  }
`,
  ({ entity: e }) => `  async export${e.pascalPlural}ToCsv(ownerId: string): Promise<string> {
    const ${e.camelPlural} = await this.list${e.pascalPlural}(ownerId, { limit: 1000 });
    return toCsv(${e.camelPlural}, ${e.camel}Columns);
  }
`,
  ({
    entity: e,
    other: o,
  }) => `  async attach${o.pascal}(${e.camel}Id: string, ${o.camel}Id: string): Promise<void> {
    await this.db.insert("${e.snake}_${o.snakePlural}", { ${e.camel}Id, ${o.camel}Id });
  }
`,
  ({
    entity: e,
    fields: [f],
  }) => `  async find${e.pascalPlural}By${f?.camel.charAt(0).toUpperCase()}${f?.camel.slice(1)}(ownerId: string, value: ${f?.typescript}): Promise<${e.pascal}[]> {
    return this.db.select("${e.snakePlural}", { userId: ownerId, ${f?.camel}: value });
  }
`,
];

const service: FileTemplate = {
  path: ({ entity }) => `src/services/${entity.kebab}-service.ts`,
  programmingLanguage: "typescript",
  content: (c) => {
    const { entity: e, fields } = c;
    return `import type { Clock, Database, EventBus } from "../ports";
import { NotFoundError } from "../errors";
import { toCsv } from "../lib/csv";

export interface ${e.pascal} {
  id: string;
  userId: string;
${fields.map((f) => `  ${f.camel}: ${f.typescript};`).join("\n")}
  createdAt: Date;
}

const ${e.camel}Columns = ["id", ${fields.map((f) => `"${f.camel}"`).join(", ")}] as const;

export class ${e.pascal}Service {
  constructor(
    private readonly db: Database,
    private readonly events: EventBus,
    private readonly now: Clock,
  ) {}

  async get${e.pascal}ById(${e.camel}Id: string): Promise<${e.pascal} | undefined> {
    const [${e.camel}] = await this.db.select("${e.snakePlural}", { id: ${e.camel}Id });
    return ${e.camel};
  }

  async list${e.pascalPlural}(ownerId: string, { limit = 20 } = {}): Promise<${e.pascal}[]> {
    return this.db.select("${e.snakePlural}", { userId: ownerId }, { orderBy: "created_at desc", limit });
  }

  async create${e.pascal}(input: Partial<${e.pascal}>): Promise<${e.pascal}> {
    const ${e.camel} = await this.db.insert("${e.snakePlural}", { ...input, createdAt: this.now() });
    this.events.emit("${e.snake}_created", { ${e.camel}Id: ${e.camel}.id });
    return ${e.camel};
  }

${some(c.random, methods, 4)
  .map((method) => method(c))
  .join("\n")}}
`;
  },
};

const routes: FileTemplate = {
  path: ({ entity }) => `src/routes/${entity.kebabPlural}.ts`,
  programmingLanguage: "typescript",
  content: ({ entity: e, fields, random }) => `import { Hono } from "hono";
import { z } from "zod";
import { requireUser } from "../middleware/auth";
import { ${e.camel}Service } from "../services";

const ${e.camel}Schema = z.object({
${fields.map((f) => `  ${f.camel}: ${zodType(f.typescript)},`).join("\n")}
});

export const ${e.camel}Routes = new Hono()
  .use("*", requireUser)
  .get("/", async (c) => {
    const limit = Math.min(Number(c.req.query("limit") ?? ${pick(random, [20, 25, 50])}), 100);
    return c.json({ ${e.camelPlural}: await ${e.camel}Service.list${e.pascalPlural}(c.get("userId"), { limit }) });
  })
  .get("/:id", async (c) => {
    const ${e.camel} = await ${e.camel}Service.get${e.pascal}ById(c.req.param("id"));
    if (!${e.camel} || ${e.camel}.userId !== c.get("userId")) return c.json({ code: "${e.snake.toUpperCase()}_NOT_FOUND" }, 404);
    return c.json(${e.camel});
  })
  .post("/", async (c) => {
    const parsed = ${e.camel}Schema.safeParse(await c.req.json());
    if (!parsed.success) return c.json({ code: "INVALID_${e.snake.toUpperCase()}", issues: parsed.error.issues }, 422);
    return c.json(await ${e.camel}Service.create${e.pascal}({ ...parsed.data, userId: c.get("userId") }), 201);
  });
`,
};

const zodType = (type: string): string =>
  type === "number" ? "z.number().int().nonnegative()" : type === "Date" ? "z.coerce.date()" : `z.${type}()`;

const list: FileTemplate = {
  path: ({ entity }) => `src/components/${entity.pascal}List.tsx`,
  programmingLanguage: "typescript",
  content: ({ entity: e, fields, random }) => `import { useState } from "react";
import type { ${e.pascal} } from "../services/${e.kebab}-service";
import { EmptyState } from "./EmptyState";

interface ${e.pascal}ListProps {
  ${e.camelPlural}: readonly ${e.pascal}[];
  onSelect: (${e.camel}Id: string) => void;
}

export function ${e.pascal}List({ ${e.camelPlural}, onSelect }: ${e.pascal}ListProps) {
  const [filter, setFilter] = useState("");
  const visible = ${e.camelPlural}.filter((${e.camel}) => String(${e.camel}.${fields[0]?.camel}).includes(filter));
  if (${e.camelPlural}.length === 0) return <EmptyState label="${e.en}" />;

  return (
    <section className="${e.kebab}-list" aria-label="${e.en}">
      <input type="search" value={filter} onChange={(event) => setFilter(event.target.value)} placeholder="${pick(random, ["Filter", "Search", "Find"])} ${e.en}" />
      <ul>
        {visible.map((${e.camel}) => (
          <li key={${e.camel}.id}>
            <button type="button" onClick={() => onSelect(${e.camel}.id)}>
${fields.map((f) => `              <span className="${e.kebab}-list__${f.snake.replaceAll("_", "-")}">{String(${e.camel}.${f.camel})}</span>`).join("\n")}
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
`,
};

const hook: FileTemplate = {
  path: ({ entity }) => `src/hooks/use${entity.pascalPlural}.ts`,
  programmingLanguage: "typescript",
  content: ({
    entity: e,
    random,
  }) => `import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "../lib/api";
import type { ${e.pascal} } from "../services/${e.kebab}-service";

const ${e.camel}Keys = {
  all: ["${e.camelPlural}"] as const,
  one: (${e.camel}Id: string) => ["${e.camelPlural}", ${e.camel}Id] as const,
};

export function use${e.pascalPlural}() {
  return useQuery({
    queryKey: ${e.camel}Keys.all,
    queryFn: () => api.get<{ ${e.camelPlural}: ${e.pascal}[] }>("/api/${e.kebabPlural}"),
    staleTime: ${pick(random, ["15_000", "30_000", "60_000"])},
  });
}

export function useSave${e.pascal}() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (${e.camel}: Partial<${e.pascal}>) => api.post<${e.pascal}>("/api/${e.kebabPlural}", ${e.camel}),
    onSuccess: (saved) => {
      client.setQueryData(${e.camel}Keys.one(saved.id), saved);
      return client.invalidateQueries({ queryKey: ${e.camel}Keys.all });
    },
  });
}
`,
};

const test: FileTemplate = {
  path: ({ entity }) => `test/${entity.kebab}-service.test.ts`,
  programmingLanguage: "typescript",
  content: ({ entity: e, other: o, fields }) => `import { beforeEach, describe, expect, test } from "vitest";
import { createTestDatabase } from "./support/database";
import { ${e.pascal}Service } from "../src/services/${e.kebab}-service";

describe("${e.pascal}Service", () => {
  let ${e.camelPlural}: ${e.pascal}Service;

  beforeEach(async () => {
    const db = await createTestDatabase();
    ${e.camelPlural} = new ${e.pascal}Service(db, { emit() {} }, () => new Date("2025-01-15T10:00:00Z"));
  });

  test("a new ${e.en.replace(/s$/, "")} can be read back", async () => {
    const created = await ${e.camelPlural}.create${e.pascal}({ userId: "u1", ${fields[0]?.camel}: ${sample(fields[0]?.typescript)} });
    expect(await ${e.camelPlural}.get${e.pascal}ById(created.id)).toMatchObject({ userId: "u1" });
  });

  test("another owner sees no ${e.en}", async () => {
    await ${e.camelPlural}.create${e.pascal}({ userId: "u1" });
    expect(await ${e.camelPlural}.list${e.pascalPlural}("u2")).toEqual([]);
  });

  test.todo("deleting ${e.en} keeps their ${o.en}");
});
`,
};

const sample = (type: string | undefined): string =>
  type === "number"
    ? "1250"
    : type === "Date"
      ? 'new Date("2025-02-01")'
      : type === "boolean"
        ? "true"
        : '"sample"';

export const typescriptTemplates: readonly FileTemplate[] = [service, routes, list, hook, test];
