/** The events that metrics read besides activity, by the names under which they are captured. */
export const eventNames = {
  /** `properties.duration_ms`: how long the search took. */
  searchPerformed: "search_performed",
  /** `properties.status`: the HTTP status; `properties.duration_ms`: how long the request took. */
  requestCompleted: "request_completed",
  codeGenerated: "code_generated",
  codeGenerationFailed: "code_generation_failed",
} as const;
