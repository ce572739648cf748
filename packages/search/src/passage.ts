/** A piece of text that may answer a question. */
export interface Passage {
  /** The chunk's id, or `<source>:<entityId>:<start>` where the passage was cut on the way. */
  id: string;
  source: string;
  entityId: string;
  title: string;
  text: string;
  /** Where the text stands in the entity's text, in UTF-16 code units, end exclusive. */
  start: number;
  end: number;
  /** 0..1, higher is better; comparable within one answer. */
  score: number;
  updatedAt: Date | undefined;
}
