/** Session of events that the server refuses for ever. */
export const poisonSession = "poison";

/** Of the workers' requests; the server is sometimes slower. */
export const requestTimeoutMs = 600;

/** What an event's property must hold, by which one that was written in part, or mixed up, is found. */
export const markOf = (id: string): string => `mark-${id.split("").reverse().join("")}`;
