import type { Catalogue, EventDefinition } from "./catalogue/define-catalogue.ts";
import type { CallOptions, CaptureResult, EventDetails, PropertiesOf, WithProperties } from "./event.ts";

type DeclaredProperties<C extends Catalogue, N extends string> =
  C extends Readonly<Record<N, EventDefinition>> ? PropertiesOf<C[N]["properties"]> : Record<string, never>;

/** What a catalogue's `$identify` declares of people; nothing, where it has no such event. */
export type PersonProperties<C extends Catalogue> = DeclaredProperties<C, "$identify">;

/** What a catalogue's `$groupidentify` declares of groups; nothing, where it has no such event. */
export type GroupProperties<C extends Catalogue> = DeclaredProperties<C, "$groupidentify">;

/** Names of declared properties: none, where any name is that of a property which cannot be. */
type NamesOf<P> = string extends keyof P ? never : keyof P & string;

export type IdentifyFields<C extends Catalogue> = EventDetails &
  WithProperties<PersonProperties<C>> & {
    /** Those of the properties that a destination keeps as it was first told. Default: none. */
    setOnce?: readonly NamesOf<PersonProperties<C>>[] | undefined;
  };

export type AliasFields = EventDetails & {
  /** The other id of the same person, such as the one of the visitor before sign-up. 1 to 400 characters. */
  alias: string;
};

export type GroupIdentifyFields<C extends Catalogue> = Omit<
  EventDetails,
  "userId" | "distinctId" | "groups"
> &
  WithProperties<GroupProperties<C>> & {
    /** The kind of group: `company`, `team` … 1 to 200 characters. */
    groupType: string;
    /** Which one of its kind. 1 to 400 characters. */
    groupKey: string;
    /** Who told it. Default: nobody, so that the event is the group's own (`$company_acme`). */
    userId?: string | undefined;
    distinctId?: string | undefined;
  };

/** Events about people and groups themselves: kept, checked, delivered and counted like any other. */
export interface PeopleVerbs<C extends Catalogue> {
  /**
   * Tells what is known of a person, as `$identify`: the properties that the catalogue's event of that name declares,
   * each with its privacy class.
   *
   * @throws {AnalyticsError} INVALID_EVENT in the mode `strict`
   * @throws {DatabaseError} when the statement failed
   *
   * @example
   * await analytics.identify({ userId, properties: { plan: "pro", signed_up_at: now }, setOnce: ["signed_up_at"] });
   */
  identify(person: IdentifyFields<C>, call?: CallOptions): Promise<CaptureResult>;
  /**
   * Says that `alias` is the same person as `userId` (or `distinctId`), as `$create_alias`, and has metrics count the
   * two as one, past events included. An id has one person for ever: `alias_taken` where it has another already, or
   * where the two are joined the other way round. An alias of an alias counts for the person at the end.
   * Inside `withUser` only the scope's user takes aliases, and none that is another's id.
   *
   * @throws {AnalyticsError} INVALID_EVENT in the mode `strict`
   * @throws {DatabaseError} when the statement failed
   *
   * @example
   * await analytics.alias({ userId, alias: visitorId }, { db: tx });
   */
  alias(person: AliasFields, call?: CallOptions): Promise<CaptureResult>;
  /**
   * Tells what is known of a group of people, as `$groupidentify`: the properties that the catalogue's event of that
   * name declares. Events join it by `groups: { [groupType]: groupKey }`.
   *
   * @throws {AnalyticsError} INVALID_EVENT in the mode `strict`
   * @throws {DatabaseError} when the statement failed
   */
  groupIdentify(group: GroupIdentifyFields<C>, call?: CallOptions): Promise<CaptureResult>;
}

type CaptureOne = (event: Record<string, unknown>, call?: CallOptions) => Promise<CaptureResult>;

export const createPeople = <C extends Catalogue>(capture: CaptureOne): PeopleVerbs<C> => ({
  identify: (person, call) => capture({ ...person, event: "$identify" }, call),
  alias: async (person, call) => {
    const { alias, ...details } = { ...person };
    return capture({ ...details, event: "$create_alias", properties: { alias } }, call);
  },
  groupIdentify: async (group, call) => {
    const { groupType, groupKey, ...details } = { ...group };
    const distinctId = details.distinctId ?? details.userId ?? `$${groupType}_${groupKey}`;
    // Without a type it would be the group "undefined".
    const groups = typeof groupType === "string" ? { [groupType]: groupKey } : undefined;
    return capture({ ...details, distinctId, groups, event: "$groupidentify" }, call);
  },
});
