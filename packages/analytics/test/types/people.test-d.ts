import type { Database } from "@devora/db-schema";
import { expectTypeOf } from "vitest";
import { z } from "zod";
import {
  type CaptureResult,
  createAnalytics,
  type DevoraCatalogue,
  defineCatalogue,
  drop,
  keep,
  type PersonProperties,
  segmentDestination,
} from "../../src/index.ts";
import { recordingAnalytics } from "../../src/testing.ts";

declare const db: Database;
declare const maybe: string | undefined;
const userId = "u";
const analytics = createAnalytics({ db });

// Devora's people and groups.
expectTypeOf(analytics.identify({ userId, properties: { plan: "pro", email: maybe } })).toEqualTypeOf<
  Promise<CaptureResult>
>();
expectTypeOf<PersonProperties<DevoraCatalogue>["plan"]>().toEqualTypeOf<string | null | undefined>();
void analytics.identify({ distinctId: "v" }, { db });
void analytics.identify({ userId, properties: { plan: "pro" }, setOnce: ["plan"] });
void analytics.alias({ userId, alias: "v" }, { db });
void analytics.groupIdentify({ groupType: "company", groupKey: "acme", properties: { member_count: 3 } });
void analytics.groupIdentify({ groupType: "company", groupKey: "acme", userId, occurredAt: new Date() });
void analytics.trackEvent("user_logged_in", { userId, groups: { company: "acme" } });
void analytics.capture({ event: "$create_alias", userId, properties: { alias: "v" } });
void analytics.trackProjectCreated({ userId, projectId: "p", groups: { company: "acme" } });

// @ts-expect-error nothing of this name is declared of people
void analytics.identify({ userId, properties: { shoe_size: 43 } });
// @ts-expect-error wrong type
void analytics.identify({ userId, properties: { plan: 7 } });
// @ts-expect-error nothing of this name is declared of people
void analytics.identify({ userId, setOnce: ["shoe_size"] });
// @ts-expect-error nobody is identified
void analytics.identify({ properties: { plan: "pro" } });
// @ts-expect-error an alias is missing
void analytics.alias({ userId });
// @ts-expect-error a key is missing
void analytics.groupIdentify({ groupType: "company" });
// @ts-expect-error the group has its own fields
void analytics.groupIdentify({ groupType: "company", groupKey: "acme", groups: { team: "t" } });
// @ts-expect-error keys are texts
void analytics.trackEvent("user_logged_in", { userId, groups: { company: 7 } });

// An own catalogue's people have what it declares; without a declaration they have nothing, and still can be joined.
const events = { met: { description: "Two met.", properties: {} } } as const;
const own = createAnalytics({
  db,
  catalogue: defineCatalogue({
    ...events,
    $identify: {
      description: "A person is known.",
      properties: { shoe_size: keep(z.int()), name: drop(z.string().optional()) },
    },
  }),
});
void own.identify({ userId, properties: { shoe_size: 43 }, setOnce: ["name"] });
// @ts-expect-error shoe_size is required
void own.identify({ userId, properties: { name: "Ann" } });
// @ts-expect-error properties are required
void own.identify({ userId });
// @ts-expect-error Devora's property is not in this catalogue
void own.identify({ userId, properties: { shoe_size: 43, plan: "pro" } });
// @ts-expect-error groups have no properties here
void own.groupIdentify({ groupType: "company", groupKey: "acme", properties: { plan: "pro" } });

const bare = createAnalytics({ db, catalogue: defineCatalogue(events) });
void bare.identify({ userId });
void bare.alias({ userId, alias: "v" });
void bare.groupIdentify({ groupType: "company", groupKey: "acme" });
// @ts-expect-error no property is declared of people
void bare.identify({ userId, properties: { plan: "pro" } });
// @ts-expect-error no property is declared of people
void bare.identify({ userId, setOnce: ["plan"] });

void recordingAnalytics().identify({ userId, properties: { plan: "pro" } });
segmentDestination({ writeKey: "k" });
// @ts-expect-error a key is needed
segmentDestination({ host: "https://api.segment.io" });
