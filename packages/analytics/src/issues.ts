import { type EventIssue, shapeOf } from "./errors.ts";
import { storableText } from "./storable-text.ts";

/** Enough to repair an event; a hostile one could have a hundred thousand. */
const maxIssues = 20;

/** Collects what is wrong with one event. */
export interface Issues {
  readonly list: readonly EventIssue[];
  add(path: string, received: unknown, allowed: string, receivedShape?: string): void;
}

export function createIssues(): Issues {
  const list: EventIssue[] = [];
  return {
    list,
    add(path, received, allowed, receivedShape = shapeOf(received)) {
      if (list.length >= maxIssues) return;
      list.push({ path: storableText(path.slice(0, 200)), received: receivedShape, message: allowed });
    },
  };
}
