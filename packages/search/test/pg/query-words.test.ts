import { rowsOf, withService } from "@devora/db-schema";
import { useTestDatabase } from "@devora/testing";
import { sql } from "drizzle-orm";
import { expect, test } from "vitest";
import { parseQuery } from "../../src/parse-query.ts";
import { decodeLexemes, textLexemes } from "../../src/queries/lexemes.ts";
import { decodeStatistics } from "../../src/queries/statistics.ts";
import { composeTerms, textsToStem } from "../../src/terms.ts";
import { bookSource } from "../books.ts";

const stemming = { kernel: undefined, statistics: false, ownerId: undefined };

const database = useTestDatabase();

test.each([
  ["how do I reset my password?", "reset, password?"],
  ["what is the difference between let and const in javascript", "difference, let, const, javascript"],
  ["where are the invoices of last month", "invoices, last, month"],
  ["who can see my projects", "see, projects"],
  ["react or vue for a dashboard", "react OR vue, dashboard"],
  ["to be or not to be", "to, be OR not"],
  ["best way to cache api responses", "best, way, cache, api, responses"],
  ["why does my deployment fail on friday", "deployment, fail, friday"],
  ["error while connecting to the database", "error, connecting, database"],
  ["make the button blue when it is clicked", "make, button, blue, clicked"],
  ["comment changer mon mot de passe ?", "comment, changer, mot, passe"],
  ["quelle est la différence entre let et const", "quelle, différence, entre, let, const"],
  ["où sont les factures du mois dernier", "les, factures, mois, dernier"],
  ["qui peut voir mes projets", "peut, voir, projets"],
  ["chat ou chien", "chat OR chien"],
  ["puis-je m'opposer à l'envoi de publicités par email ?", "puis-je, opposer, à, envoi, publicités, email"],
  ["qu'est-ce qu'une donnée personnelle ?", "est-ce, donnée, personnelle"],
  ["combien de temps conserver un CV", "combien, temps, conserver, CV"],
  ["le bouton doit être bleu quand on clique", "bouton, doit, être, bleu, quand, clique"],
  ["pourquoi mon déploiement échoue-t-il le vendredi", "pourquoi, déploiement, échoue-t-il, vendredi"],
  ["the thé", "the, thé"],
])("%s asks for: %s", async (query, words) => {
  const parsed = parseQuery(query);
  const texts = textsToStem(parsed);
  const rows = await rowsOf(database.db, textLexemes(texts, [], stemming));
  const { terms } = composeTerms(parsed, decodeLexemes(rows, texts.length));
  expect(terms.map(({ text }) => text).join(", ")).toBe(words);
});

test("the statement that stems words also tells how frequent those are that are one lexeme", async () => {
  const statistics = await withService(database.db, async (tx) => {
    await tx.execute(sql`
      insert into devora.search_statistics (source, language, lexeme, documents)
      select 'books', 'en', lexeme, documents
      from (values ('', 1000), ('garden', 250)) as s (lexeme, documents)`);
    const texts = ["gardens", "rare", "boundary-layer"].map((text) => ({
      text,
      kind: "word" as const,
      synonymsOf: null,
    }));
    const rows = await rowsOf(tx, textLexemes(texts, [bookSource], { ...stemming, statistics: true }));
    const stemmed = decodeLexemes(rows, texts.length);
    const { terms } = composeTerms(parseQuery("gardens rare boundary-layer"), stemmed);
    return decodeStatistics(rows, [bookSource], terms, undefined);
  });
  expect(statistics).toEqual({ rows: 1000, shares: [0.25, 0, undefined] });
});
