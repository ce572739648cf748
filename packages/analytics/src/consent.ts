import { AnalyticsError, shapeOf } from "./errors.ts";
import type { CallOptions } from "./event.ts";
import type { EventStore } from "./event-store.ts";
import { checkPersonId } from "./person-id.ts";
import { type ConsentState, everybody } from "./queries/consent.ts";

export interface Consent {
  /** 1 to 400 characters. */
  distinctId: string;
  /** True: no further event of this person is kept, and none that waits is delivered. */
  optedOut: boolean;
}

/** Who takes part. All as the service; every verb throws AnalyticsError INVALID_OPTION, and DatabaseError. */
export interface ConsentVerbs {
  /**
   * Records whether a person takes part, under all its ids that `user_aliases` knows, now and later. Events kept before
   * stay; of an opted-out person none is delivered any more, and what waits for delivery leaves the queue.
   */
  setConsent(consent: Consent, call?: CallOptions): Promise<void>;
  /** The choice of a person; taking part, since never, where none was made. */
  getConsent(distinctId: string, call?: CallOptions): Promise<ConsentState>;
  /**
   * The switch for everybody, which all processes of this database obey from its commit on: while it is off no event is
   * kept (`disabled`), and none is delivered; what waits goes when it is on again. The choices of persons stay as they are.
   */
  setGlobalConsent(consent: { optedOut: boolean }, call?: CallOptions): Promise<void>;
  getGlobalConsent(call?: CallOptions): Promise<ConsentState>;
}

export const createConsentVerbs = (store: Pick<EventStore, "setConsent" | "getConsent">): ConsentVerbs => ({
  async setConsent({ distinctId, optedOut }, call = {}) {
    checkPersonId("setConsent", "distinctId", distinctId);
    checkOptedOut("setConsent", optedOut);
    await store.setConsent(distinctId, optedOut, call);
  },
  async getConsent(distinctId, call = {}) {
    checkPersonId("getConsent", "distinctId", distinctId);
    return store.getConsent(distinctId, call);
  },
  async setGlobalConsent({ optedOut }, call = {}) {
    checkOptedOut("setGlobalConsent", optedOut);
    await store.setConsent(everybody, optedOut, call);
  },
  getGlobalConsent: async (call = {}) => store.getConsent(everybody, call),
});

function checkOptedOut(verb: string, optedOut: unknown): void {
  if (typeof optedOut === "boolean") return;
  throw new AnalyticsError(
    "INVALID_OPTION",
    `${verb}: optedOut is ${shapeOf(optedOut)}. Allowed: true or false.`,
  );
}
