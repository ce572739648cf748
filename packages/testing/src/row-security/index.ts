export type { Finding, FunctionFacts, RowSecurityFacts, TableFacts, Verb } from "./facts.ts";
export { lintRowSecurity } from "./lints.ts";
export { type MatrixResult, runMatrix } from "./matrix.ts";
