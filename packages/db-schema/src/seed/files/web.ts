import { pick } from "../random.ts";
import type { FileTemplate } from "./template.ts";

const css: FileTemplate = {
  path: ({ entity }) => `src/styles/${entity.kebab}-list.css`,
  programmingLanguage: "css",
  content: ({ entity: e, fields, random }) => `:root {
  --${e.kebab}-accent: ${pick(random, ["#2563eb", "#0f766e", "#b45309", "#7c3aed", "#be123c"])};
  --${e.kebab}-gap: ${pick(random, ["0.75rem", "1rem", "1.5rem"])};
}

.${e.kebab}-list ul {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(${pick(random, [14, 16, 18])}rem, 1fr));
  gap: var(--${e.kebab}-gap);
  padding: 0;
  list-style: none;
}

.${e.kebab}-list li > button {
  display: flex;
  flex-direction: column;
  width: 100%;
  border: 1px solid color-mix(in srgb, var(--${e.kebab}-accent) 30%, transparent);
  border-radius: 0.5rem;
}

${fields.map((f) => `.${e.kebab}-list__${f.snake.replaceAll("_", "-")} {\n  color: color-mix(in srgb, currentcolor ${pick(random, [60, 75, 90])}%, transparent);\n}`).join("\n\n")}

@media (prefers-color-scheme: dark) {
  :root {
    color-scheme: dark;
    --${e.kebab}-accent: #93c5fd;
  }
}
`,
};

const html: FileTemplate = {
  path: ({ entity }) => `public/${entity.kebabPlural}.html`,
  programmingLanguage: "html",
  content: ({ entity: e, fields, project }) => `<!doctype html>
<html lang="${project.language}">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>${project.name}</title>
    <link rel="stylesheet" href="/styles/${e.kebab}-list.css" />
  </head>
  <body>
    <main>
      <h1>${project.name}</h1>
      <p>${project.description.split(". ")[0]}</p>
      <form id="new-${e.kebab}" action="/api/${e.kebabPlural}" method="post">
${fields.map((f) => `        <label>${f.snake.replaceAll("_", " ")} <input name="${f.camel}" type="${inputType(f.typescript)}" required /></label>`).join("\n")}
        <button>${project.language === "fr" ? "Enregistrer" : "Save"}</button>
      </form>
      <section class="${e.kebab}-list"><ul id="${e.kebabPlural}"></ul></section>
    </main>
    <script type="module" src="/scripts/${e.kebab}-form.js"></script>
  </body>
</html>
`,
};

const inputType = (type: string): string =>
  type === "number" ? "number" : type === "Date" ? "date" : type === "boolean" ? "checkbox" : "text";

const script: FileTemplate = {
  path: ({ entity }) => `public/scripts/${entity.kebab}-form.js`,
  programmingLanguage: "javascript",
  content: ({ entity: e, fields, random }) => `const form = document.querySelector("#new-${e.kebab}");
const ${e.camel}Items = document.querySelector("#${e.kebabPlural}");

async function load${e.pascalPlural}() {
  const response = await fetch("/api/${e.kebabPlural}?limit=${pick(random, [20, 50])}");
  if (!response.ok) throw new Error(\`Could not load ${e.en}: \${response.status}\`);
  const { ${e.camelPlural} } = await response.json();
  ${e.camel}Items.replaceChildren(...${e.camelPlural}.map(render${e.pascal}));
}

function render${e.pascal}(${e.camel}) {
  const item = document.createElement("li");
  item.dataset.${e.camel}Id = ${e.camel}.id;
  item.textContent = [${fields.map((f) => `${e.camel}.${f.camel}`).join(", ")}].join(" - ");
  return item;
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const ${e.camel} = Object.fromEntries(new FormData(form));
  const response = await fetch(form.action, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(${e.camel}),
  });
  form.classList.toggle("has-error", !response.ok);
  if (response.ok) await load${e.pascalPlural}();
});

load${e.pascalPlural}();
`,
};

const json: FileTemplate = {
  path: ({ entity }) => `fixtures/${entity.kebabPlural}.json`,
  programmingLanguage: "json",
  content: ({ entity: e, fields, random, slug }) =>
    `${JSON.stringify(
      {
        project: slug,
        table: e.snakePlural,
        rows: [1, 2, 3].map((number) => ({
          id: `${e.kebab}-${number}`,
          ...Object.fromEntries(
            fields.map((f) => [f.camel, sample(f.typescript, number, pick(random, cities))]),
          ),
          createdAt: `2025-0${number}-1${number}T08:30:00Z`,
        })),
      },
      null,
      2,
    )}\n`,
};

const cities = ["Lyon", "Nantes", "Lille", "Bordeaux", "Bristol", "Leeds", "Geneva", "Montréal", "Liège"];
const sample = (type: string, number: number, word: string): unknown =>
  type === "number"
    ? number * 1250
    : type === "Date"
      ? `2025-06-0${number}`
      : type === "boolean"
        ? number === 1
        : word;

const yaml: FileTemplate = {
  path: ({ entity }) => `openapi/${entity.kebabPlural}.yaml`,
  programmingLanguage: "yaml",
  content: ({ entity: e, fields, slug }) => `openapi: 3.1.0
info:
  title: ${slug} ${e.en}
  version: 1.0.0
paths:
  /api/${e.kebabPlural}:
    get:
      operationId: list${e.pascalPlural}
      parameters:
        - { name: limit, in: query, schema: { type: integer, maximum: 100, default: 20 } }
      responses:
        "200":
          description: A page of ${e.en}.
    post:
      operationId: create${e.pascal}
      requestBody:
        content:
          application/json:
            schema: { $ref: "#/components/schemas/${e.pascal}" }
      responses:
        "201":
          description: The new ${e.en.replace(/s$/, "")}.
        "422":
          description: A field is not valid.
components:
  schemas:
    ${e.pascal}:
      type: object
      required: [${fields.map((f) => f.camel).join(", ")}]
      properties:
${fields.map((f) => `        ${f.camel}: { type: ${f.typescript === "Date" ? "string, format: date-time" : f.typescript === "number" ? "integer" : f.typescript} }`).join("\n")}
`,
};

export const webTemplates: readonly FileTemplate[] = [css, html, script, json, yaml];
