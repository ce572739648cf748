import { cumulate } from "../random.ts";

export interface Country {
  code: string;
  currency: "EUR" | "USD";
  /** Sales tax in per mille. */
  taxPerMille: number;
  /** Hours east of UTC; summer time is left out. */
  utcOffset: number;
}

const country = (
  code: string,
  taxPerMille: number,
  utcOffset: number,
  currency: Country["currency"] = "EUR",
): Country => ({ code, currency, taxPerMille, utcOffset });

const france = country("FR", 200, 1);
const belgium = country("BE", 210, 1);
const switzerland = country("CH", 81, 1);
const canada = country("CA", 50, -5, "USD");

interface Origins {
  countries: readonly Country[];
  cumulative: readonly number[];
}

const origins = (...weighted: readonly (readonly [Country, number])[]): Origins => ({
  countries: weighted.map(([where]) => where),
  cumulative: cumulate(weighted.map(([, weight]) => weight)),
});

/** Where people of each language live, most frequent first. */
export const originsByLocale = {
  fr: origins(
    [france, 64],
    [belgium, 10],
    [switzerland, 8],
    [canada, 9],
    [country("LU", 170, 1), 2],
    [country("MA", 200, 1), 3],
    [country("SN", 180, 0), 2],
    [country("CI", 180, 0), 2],
  ),
  en: origins(
    [country("US", 0, -6, "USD"), 36],
    [country("GB", 200, 0), 22],
    [country("DE", 190, 1), 12],
    [canada, 8],
    [country("NL", 210, 1), 6],
    [country("IE", 230, 0), 5],
    [country("ES", 210, 1), 4],
    [switzerland, 3],
    [country("AU", 100, 10, "USD"), 4],
  ),
} as const;

/** Where the demo user lives. */
export const demoCountry = france;

export const signupSources = [
  "organic",
  "google",
  "referral",
  "youtube",
  "newsletter",
  "linkedin",
  "producthunt",
];
export const signupSourceWeights = cumulate([34, 22, 16, 10, 7, 6, 5]);

export const firstNames = {
  fr: "Adèle Agathe Alexis Alice Amandine Anaïs Antoine Arthur Aurélie Baptiste Benoît Camille Céline Chloé Clément Clémence Damien Élise Émilie Étienne Fanny Florian François Gaëlle Guillaume Hélène Hugo Inès Jérôme Jeanne Julien Juliette Karim Laure Léa Loïc Louis Lucie Maëlys Manon Margaux Mathieu Maxime Mélanie Nadia Nicolas Noémie Océane Olivier Pauline Quentin Raphaël Romain Sabrina Samuel Sarah Théo Thomas Valentin Victor Yasmine Zoé".split(
    " ",
  ),
  en: "Abigail Adam Alex Amelia Andrew Anna Ben Brooke Caleb Charlotte Chris Claire Daniel Diana Eleanor Elliot Emily Ethan Felix Fiona George Grace Hannah Harry Imogen Isaac Jack James Jasmine Jonas Kate Kevin Laura Leo Liam Lucy Maria Martin Maya Megan Nathan Nora Oliver Olivia Owen Paul Priya Rachel Ravi Rebecca Ryan Sam Sofia Sophie Stefan Tara Tom Victoria Will Zach".split(
    " ",
  ),
} as const;

export const lastNames = {
  fr: "André Aubert Bailly Barbier Benali Berger Bernard Blanchard Bonnet Boyer Brunet Carpentier Chevalier Clerc Colin David Delacroix Diallo Dubois Dufour Dumont Durand Fabre Faure Fontaine Fournier Garnier Gauthier Girard Guérin Haddad Henry Jacquet Lambert Laurent Lefèvre Legrand Lemaire Leroux Lopez Marchand Martin Masson Mercier Meunier Michel Moreau Morel Nguyen Noël Perrin Petit Picard Renard Renaud Rey Richard Robin Rousseau Roux Simon Traoré Vidal".split(
    " ",
  ),
  en: "Adams Ahmed Allen Anderson Bailey Baker Becker Bennett Brooks Campbell Carter Clarke Collins Cooper Davies Edwards Evans Fischer Foster Garcia Gray Green Hall Harris Hughes Jackson Johnson Jones Kelly Kim King Lee Lewis Lopez Marshall Miller Mitchell Moore Morgan Murphy Murray Nelson Novak Parker Patel Phillips Price Reed Roberts Rossi Russell Schmidt Scott Shah Stewart Taylor Turner Walker Watson White Wilson Young".split(
    " ",
  ),
} as const;
