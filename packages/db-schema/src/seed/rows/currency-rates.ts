import { addMonths, iso } from "../calendar.ts";
import type { Population } from "../population.ts";
import type { SeedRow, seedTables } from "../tables.ts";

/** Euros per dollar, month by month: made up, around 0.9. */
const eurosPerDollar = [0.912, 0.905, 0.918, 0.927, 0.921, 0.913, 0.899, 0.894, 0.902, 0.909, 0.915, 0.923];

/** What the dollars of some subscriptions are worth in euros, one rate a month. */
export function* currencyRateRows({
  calendar,
}: Population): Generator<SeedRow<typeof seedTables.currencyRates>> {
  for (let month = 0; addMonths(calendar.from, month) <= calendar.now; month++) {
    yield {
      day: iso(addMonths(calendar.from, month)).slice(0, 10),
      currency: "USD",
      base_currency: "EUR",
      rate: eurosPerDollar[month % eurosPerDollar.length],
    };
  }
}
