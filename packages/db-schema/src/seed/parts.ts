import { agendaOf } from "./agenda.ts";
import { billingOf } from "./billing.ts";
import type { InstalledModules } from "./installed-modules.ts";
import type { Population } from "./population.ts";
import { invoiceRows, subscriptionChangeRows, subscriptionRows } from "./rows/billing.ts";
import { conversationRows, messageRows } from "./rows/conversations.ts";
import { currencyRateRows } from "./rows/currency-rates.ts";
import { deploymentRows } from "./rows/deployments.ts";
import { eventCount, eventRows } from "./rows/events.ts";
import { fileRows, projectRows } from "./rows/projects.ts";
import { excludedUserRows, isInternal, userRows } from "./rows/users.ts";
import type { SeedTableName } from "./tables.ts";

/** The rows of one table, made while they are read. */
export interface Part {
  table: SeedTableName;
  total: number;
  rows: Iterable<object>;
}

/** All parts of a population, parents before children; only one of them is being made at a time. */
export function* partsOf(population: Population, installed: InstalledModules): Generator<Part> {
  const { people, projects, files, conversations, messages, deployments } = population;
  const billing = billingCounts(population);
  yield { table: "users", total: people.length, rows: userRows(population) };
  yield { table: "subscriptions", total: billing.subscriptions, rows: subscriptionRows(population) };
  yield { table: "subscriptionChanges", total: billing.changes, rows: subscriptionChangeRows(population) };
  yield { table: "invoices", total: billing.invoices, rows: invoiceRows(population) };
  yield { table: "projects", total: projects.count, rows: projectRows(population) };
  yield { table: "projectFiles", total: files.count, rows: fileRows(population) };
  yield { table: "conversations", total: conversations.count, rows: conversationRows(population) };
  yield { table: "messages", total: messages.count, rows: messageRows(population) };
  yield { table: "deployments", total: deployments.count, rows: deploymentRows(population) };
  if (installed.metrics) {
    const total = people.filter(isInternal).length;
    yield { table: "excludedUsers", total, rows: excludedUserRows(population) };
    const rates = [...currencyRateRows(population)];
    yield { table: "currencyRates", total: rates.length, rows: rates };
  }
  if (installed.analytics) {
    const agenda = agendaOf(population);
    const total = eventCount(population, agenda);
    yield { table: "analyticsEvents", total, rows: eventRows(population, agenda) };
  }
}

function billingCounts(population: Population) {
  const counts = { subscriptions: 0, changes: 0, invoices: 0 };
  for (const person of population.people) {
    for (const { intervals, invoices } of billingOf(population, person).subscriptions) {
      counts.subscriptions += 1;
      counts.changes += intervals.length;
      counts.invoices += invoices.length;
    }
  }
  return counts;
}
