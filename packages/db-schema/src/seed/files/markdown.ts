import { pick } from "../random.ts";
import type { FileContext, FileTemplate } from "./template.ts";

export const readmeTemplate: FileTemplate = {
  path: () => "README.md",
  programmingLanguage: "markdown",
  content: (c) => (c.project.language === "fr" ? readmeFr(c) : readmeEn(c)),
};

const readmeEn = ({
  project,
  slug,
  entity: e,
  other: o,
  fields,
  random,
}: FileContext): string => `# ${project.name}

${project.description}

## Getting started

Install the dependencies, create the database and start the development server:

\`\`\`sh
git clone https://git.example.com/${slug}.git
cd ${slug}
npm install
npm run db:migrate
npm run dev
\`\`\`

The site then answers on http://localhost:${pick(random, [3000, 4321, 5173, 8080])}. Copy \`.env.example\` to \`.env\` and fill in the address of the database.

## What it keeps

- \`${e.snakePlural}\`: the ${e.en}, each with ${fields.map((f) => f.snake.replaceAll("_", " ")).join(", ")}
- \`${o.snakePlural}\`: the ${o.en} that belong to them

Every row carries its owner, and the database refuses rows of other people.

## Tests

\`npm test\` runs the unit tests; \`npm run test:e2e\` opens a browser and creates ${e.en} as a visitor would.
`;

const readmeFr = ({
  project,
  slug,
  entity: e,
  other: o,
  fields,
  random,
}: FileContext): string => `# ${project.name}

${project.description}

## Démarrage

Installez les dépendances, créez la base de données et lancez le serveur de développement :

\`\`\`sh
git clone https://git.example.com/${slug}.git
cd ${slug}
npm install
npm run db:migrate
npm run dev
\`\`\`

Le site répond alors sur http://localhost:${pick(random, [3000, 4321, 5173, 8080])}. Copiez \`.env.example\` vers \`.env\` et renseignez l'adresse de la base.

## Données

- \`${e.snakePlural}\` : les ${e.fr}, avec les colonnes ${fields.map((f) => `\`${f.snake}\``).join(", ")}
- \`${o.snakePlural}\` : les ${o.fr} qui s'y rattachent

Chaque ligne porte son propriétaire, et la base refuse les lignes des autres.

## Tests

\`npm test\` lance les tests unitaires ; \`npm run test:e2e\` ouvre un navigateur et saisit des ${e.fr} comme le ferait un visiteur.
`;

export const guideTemplate: FileTemplate = {
  path: ({ entity }) => `docs/guide-${entity.kebabPlural}.md`,
  programmingLanguage: "markdown",
  content: (c) => (c.project.language === "fr" ? guideFr(c) : guideEn(c)),
};

const guideEn = ({ project, entity: e, other: o, random }: FileContext): string => `# Working with ${e.en}

This guide is for people who use ${project.name} every day.

## Adding

Open the page of ${e.en} and press **New**. Fields with a star are required; the rest can wait. A draft is saved after ${pick(random, ["five", "ten", "thirty"])} seconds, so a closed tab loses nothing.

## Sharing

Everybody in your team sees the same ${e.en}. Guests see only those that were shared with them by link, and never the ${o.en}.

## Deleting

Deleted ${e.en} stay in the bin for ${pick(random, ["seven", "fourteen", "thirty"])} days. After that they are gone for good, with the ${o.en} that belong to them.

## When something looks wrong

1. Reload the page and check that you are in the right team.
2. Look at the history: it tells who changed what and when.
3. Write to the support with the number shown at the bottom of the page.
`;

const guideFr = ({
  project,
  entity: e,
  other: o,
  random,
}: FileContext): string => `# Travailler avec les ${e.fr}

Ce guide s'adresse aux personnes qui utilisent ${project.name} tous les jours.

## Ajouter

Ouvrez la page des ${e.fr} et appuyez sur **Ajouter**. Les champs marqués d'une étoile sont obligatoires ; le reste peut attendre. Un brouillon est enregistré au bout de ${pick(random, ["cinq", "dix", "trente"])} secondes : fermer l'onglet ne fait rien perdre.

## Partager

Toute l'équipe voit les mêmes ${e.fr}. Les invités ne voient que ce qui a été partagé avec eux par un lien, et jamais les ${o.fr}.

## Supprimer

Ce que l'on supprime reste dans la corbeille pendant ${pick(random, ["sept", "quatorze", "trente"])} jours. Ensuite, tout est effacé pour de bon, y compris les ${o.fr} qui s'y rattachent.

## En cas de problème

1. Rechargez la page et vérifiez que vous êtes dans la bonne équipe.
2. Consultez l'historique : il dit qui a changé quoi et quand.
3. Écrivez au support en indiquant le numéro affiché en bas de la page.
`;
