import type { SQL } from "drizzle-orm";
import type { Row } from "../database.ts";
import type { Facts } from "./facts.ts";
import type { Finding } from "./finding.ts";

/** One question to the catalogue. */
export interface Check {
  readonly name: string;
  /** Asks as `devora_service`, because it counts rows. Default: as the login. */
  readonly asService?: boolean;
  /** The statement, which reads only; undefined where there is nothing to look at. */
  query(facts: Facts): SQL | undefined;
  /** The finding of a row of the answer, or undefined where the row is as it should be. */
  finding(row: Row, facts: Facts): Omit<Finding, "check"> | undefined;
}
