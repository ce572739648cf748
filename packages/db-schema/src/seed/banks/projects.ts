export const projectTypes = [
  "saas",
  "blog",
  "store",
  "api",
  "mobile",
  "dashboard",
  "portfolio",
  "landing",
] as const;
export type ProjectType = (typeof projectTypes)[number];
/** How frequent the types are, in their order. */
export const projectTypeShares = [26, 9, 14, 13, 12, 14, 5, 7];

export interface ProjectPhrases {
  /** Second parts of names: "{stem} …". */
  nameEndings: readonly string[];
  /** Names without a stem. */
  plainNames: readonly string[];
  openings: Record<ProjectType, readonly string[]>;
  features: readonly string[];
  /** "{first}" and "{second}" are two features. */
  featureSentences: readonly string[];
  /** "{stack}" is a list of tools. */
  stackSentences: readonly string[];
  closings: readonly string[];
}

export const stacks = [
  { label: "Next.js, Tailwind CSS, PostgreSQL", tags: ["nextjs", "tailwind", "postgres"] },
  { label: "React, Vite, Supabase", tags: ["react", "vite", "supabase"] },
  { label: "SvelteKit, Drizzle, PostgreSQL", tags: ["svelte", "drizzle", "postgres"] },
  { label: "Vue, Nuxt, Prisma", tags: ["vue", "nuxt", "prisma"] },
  { label: "FastAPI, SQLAlchemy, PostgreSQL", tags: ["python", "fastapi", "postgres"] },
  { label: "Django, HTMX", tags: ["python", "django", "htmx"] },
  { label: "Hono, Cloudflare Workers", tags: ["hono", "cloudflare", "edge"] },
  { label: "Astro, Markdown", tags: ["astro", "markdown", "static"] },
  { label: "React Native, Expo, tRPC", tags: ["react-native", "expo", "trpc"] },
  { label: "Remix, Prisma, SQLite", tags: ["remix", "prisma", "sqlite"] },
  { label: "Express, Redis, PostgreSQL", tags: ["express", "redis", "postgres"] },
  { label: "Angular, NestJS, TypeORM", tags: ["angular", "nestjs", "typeorm"] },
  { label: "Solid, Bun, Turso", tags: ["solid", "bun", "turso"] },
] as const;

/** {domain}, {audience} and {entities}, {others} are words of the domain. */
export const projectPhrases: Record<"fr" | "en", ProjectPhrases> = {
  en: {
    nameEndings: [
      "Board",
      "Desk",
      "Hub",
      "Flow",
      "Studio",
      "Lab",
      "Pilot",
      "Space",
      "Kit",
      "Cloud",
      "Note",
      "One",
    ],
    plainNames: [
      "{Entities} tracker",
      "My {entities}",
      "{Entities} manager",
      "Simple {entities}",
      "{Entities} online",
    ],
    openings: {
      saas: [
        "A subscription service for {domain}, made for {audience}.",
        "Helps {audience} run {domain} from one place, with a monthly plan per team.",
        "All the daily work around {entities} and {others} in one tool for {audience}.",
      ],
      blog: [
        "A blog about {domain}, with weekly articles for {audience}.",
        "Stories, guides and interviews on {domain}.",
        "Publishes long reads about {entities} and {others}, written with {audience}.",
      ],
      store: [
        "An online shop around {domain}, with a short checkout.",
        "Sells to {audience}: catalogue, basket, payment and follow-up of {entities}.",
        "A small store for {domain}, open to guests as well as to regular customers.",
      ],
      api: [
        "A REST API that serves {entities} and {others} to partner applications.",
        "The back end of a service for {domain}: typed endpoints, keys per client, usage limits.",
        "Exposes {domain} as documented endpoints, so that {audience} can connect their own tools.",
      ],
      mobile: [
        "A mobile application for {audience} who need {domain} in their pocket.",
        "Shows {entities} on the phone, also without a network.",
        "An app for {domain}: scan, note and share {entities} on the go.",
      ],
      dashboard: [
        "A dashboard that shows {audience} how their {entities} develop week by week.",
        "Figures and charts on {domain}, from yesterday's {entities} to yearly trends.",
        "An internal screen for {domain}: {entities}, {others} and what needs attention today.",
      ],
      portfolio: [
        "A portfolio that presents work done in {domain}.",
        "A personal site with case studies about {entities} for {audience}.",
      ],
      landing: [
        "A landing page that introduces a product for {domain} and collects addresses.",
        "One page, one promise: easier {entities} for {audience}.",
      ],
    },
    features: [
      "sign-in by magic link",
      "payments with Stripe",
      "e-mail reminders",
      "CSV export of {entities}",
      "a calendar view",
      "full-text search in {entities}",
      "roles and permissions",
      "PDF generation",
      "a public page to share {others}",
      "push notifications",
      "an audit trail of every change",
      "photo upload from the phone",
      "statistics per month",
      "an import from spreadsheets",
      "a French and an English interface",
      "a webhook for every new entry",
      "comments on {entities}",
      "filters by date and status",
      "a map of {others}",
      "offline mode",
      "barcode scanning",
      "two-factor authentication",
      "an interface that screen readers understand",
      "automatic backups",
    ],
    featureSentences: [
      "Offers {first} and {second}.",
      "The first version has {first}; next on the list: {second}.",
      "Users asked most for {first} and {second}.",
      "Includes {first}, {second} and little else.",
    ],
    stackSentences: [
      "Built with {stack}.",
      "Runs on {stack}.",
      "The stack is {stack}.",
      "Written in a weekend with {stack}.",
    ],
    closings: [
      "The beta is open to thirty testers.",
      "Personal data stays in the European Union.",
      "Pages answer in less than half a second.",
      "The design follows the brand colours of the customer.",
      "Used every day since the spring.",
      "Replaces three spreadsheets and a shared mailbox.",
      "A first customer pays already.",
      "Goal: a thousand {entities} by the end of the year.",
      "The code is covered by end-to-end tests.",
      "Still a prototype, but the main path works.",
    ],
  },
  fr: {
    nameEndings: [
      "Express",
      "Facile",
      "Studio",
      "Atelier",
      "Direct",
      "Plus",
      "Pro",
      "Labo",
      "Suivi",
      "Maison",
      "Carnet",
      "Relais",
    ],
    plainNames: [
      "Suivi des {entities}",
      "Mes {entities}",
      "Gestion des {entities}",
      "Le carnet des {entities}",
      "Portail des {entities}",
    ],
    openings: {
      saas: [
        "Un service par abonnement pour {domain}, pensé pour {audience}.",
        "Permet de gérer {domain} au même endroit, avec une formule mensuelle par équipe.",
        "Tout le travail quotidien autour des {entities} et des {others}, pour {audience}.",
      ],
      blog: [
        "Un blog sur {domain}, avec un article par semaine pour {audience}.",
        "Récits, guides et entretiens sur {domain}.",
        "Publie des articles de fond sur les {entities} et les {others}, écrits avec {audience}.",
      ],
      store: [
        "Une boutique en ligne autour du thème suivant : {domain}, avec un paiement en deux étapes.",
        "Vend ses produits en pensant à {audience} : catalogue, panier, paiement et suivi des {entities}.",
        "Une petite boutique pour {domain}, ouverte aux visiteurs comme aux clients fidèles.",
      ],
      api: [
        "Une API REST qui fournit les {entities} et les {others} aux applications partenaires.",
        "Le serveur d'un service pour {domain} : points d'accès typés, clés par client, quotas.",
        "Ouvre les données des {entities} par une API documentée, afin que {audience} branchent leurs outils.",
      ],
      mobile: [
        "Une application mobile avec {domain} dans la poche, pour {audience}.",
        "Affiche les {entities} sur le téléphone, même sans réseau.",
        "Une application pour {domain} : scanner, noter et partager les {entities} en déplacement.",
      ],
      dashboard: [
        "Un tableau de bord qui montre l'évolution des {entities} semaine après semaine pour {audience}.",
        "Chiffres et graphiques sur {domain}, des {entities} de la veille aux tendances annuelles.",
        "Un écran interne pour {domain} : les {entities}, les {others} et les urgences du jour.",
      ],
      portfolio: [
        "Un portfolio qui présente des réalisations sur {domain}.",
        "Un site personnel avec des études de cas sur les {entities}, pour {audience}.",
      ],
      landing: [
        "Une page d'accueil qui présente un produit pour {domain} et recueille des adresses.",
        "Une seule page, une seule promesse : des {entities} plus simples pour {audience}.",
      ],
    },
    features: [
      "la connexion par lien magique",
      "le paiement avec Stripe",
      "des rappels par e-mail",
      "l'export CSV des {entities}",
      "une vue calendrier",
      "la recherche plein texte dans les {entities}",
      "des rôles et des permissions",
      "la génération de PDF",
      "une page publique pour partager les {others}",
      "les notifications push",
      "un journal de chaque modification",
      "l'envoi de photos depuis le téléphone",
      "des statistiques par mois",
      "l'import de tableurs",
      "une interface en français et en anglais",
      "un webhook à chaque nouvelle saisie",
      "des commentaires sur les {entities}",
      "des filtres par date et par statut",
      "une carte des {others}",
      "un mode hors ligne",
      "la lecture de codes-barres",
      "la double authentification",
      "une interface accessible aux lecteurs d'écran",
      "des sauvegardes automatiques",
    ],
    featureSentences: [
      "Le produit propose {first} et {second}.",
      "La première version contient {first} ; la suite prévue est {second}.",
      "Les demandes les plus fréquentes : {first} et {second}.",
      "On y trouve {first}, {second} et rien de superflu.",
    ],
    stackSentences: [
      "Réalisé avec {stack}.",
      "Fonctionne avec {stack}.",
      "Technique : {stack}.",
      "Écrit en un week-end avec {stack}.",
    ],
    closings: [
      "La bêta est ouverte à trente testeurs.",
      "Les données personnelles restent dans l'Union européenne.",
      "Les pages répondent en moins d'une demi-seconde.",
      "La maquette reprend les couleurs du client.",
      "Utilisé tous les jours depuis le printemps.",
      "Remplace trois tableurs et une boîte aux lettres partagée.",
      "Un premier client paie déjà.",
      "Objectif : mille {entities} avant la fin de l'année.",
      "Le code est couvert par des tests de bout en bout.",
      "Encore un prototype, mais le parcours principal fonctionne.",
    ],
  },
};
