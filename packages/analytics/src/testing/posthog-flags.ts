import { createHash } from "node:crypto";
import type { RawRequest } from "./posthog-rules.ts";

/** What the server knows of feature flags. */
export interface PosthogFlagRules {
  /** Definitions for local evaluation, asked for at each request: `{ flags, group_type_mapping?, cohorts? }`. */
  definitions?: () => Readonly<Record<string, unknown>>;
  /** Values for a person, where a client asks the server. Default: none. */
  evaluate?: (question: PosthogFlagQuestion) => Readonly<Record<string, boolean | string>>;
  /** Default: any key that begins with `phs_` or `phx_`. */
  secretKey?: string;
  /** This HTTP status in place of what the rules say. Default: none. */
  status?: () => number | undefined;
}

/** The body of `POST /flags/?v=2`. */
export interface PosthogFlagQuestion {
  token: string;
  distinct_id: string;
  person_properties?: Record<string, unknown>;
  groups?: Record<string, string>;
  group_properties?: Record<string, Record<string, unknown>>;
  flag_keys_to_evaluate?: string[];
}

/** A request about flags, as it arrived, and how it was answered. */
export interface PosthogFlagRequest {
  /** `definitions`: all of them, for local evaluation. `evaluation`: the values of one person. */
  kind: "definitions" | "evaluation";
  status: number;
  /** Of an evaluation. */
  question: PosthogFlagQuestion | undefined;
}

interface Answer extends PosthogFlagRequest {
  headers: Record<string, string>;
  body: string;
  violations: string[];
}

/** Where clients fetch definitions: posthog-node 5.50 and newer, and older ones. */
const definitionPaths: readonly string[] = ["/flags/definitions", "/api/feature_flag/local_evaluation"];

/** What PostHog answers to a request about flags; undefined where it is about other things. */
export function answerFlags(request: RawRequest, apiKey: string | undefined, rules: PosthogFlagRules) {
  const url = new URL(request.path ?? "/", "http://localhost");
  const path = url.pathname.replace(/\/$/, "");
  if (definitionPaths.includes(path)) return answerDefinitions(request, url, apiKey, rules);
  if (path === "/flags") return answerEvaluation(request, url, apiKey, rules);
  return undefined;
}

function answerDefinitions(
  { method, headers }: RawRequest,
  url: URL,
  apiKey: string | undefined,
  { definitions = () => ({ flags: [] }), secretKey, status }: PosthogFlagRules,
): Answer {
  const violations: string[] = [];
  if (method !== "GET") violations.push(`method ${method} of definitions`);
  if (!url.searchParams.has("send_cohorts")) violations.push("definitions without send_cohorts");
  if (!isKey(url.searchParams.get("token"), apiKey))
    violations.push("definitions of another project's token");
  const key = /^Bearer (ph[sx]_.+)$/.exec(String(headers.authorization))?.[1];
  const isKnown = key !== undefined && (secretKey === undefined || key === secretKey);

  const body = JSON.stringify({ group_type_mapping: {}, cohorts: {}, ...definitions() });
  const etag = `"${createHash("sha1").update(body).digest("hex")}"`;
  const ruled = violations.length > 0 ? 400 : !isKnown ? 401 : headers["if-none-match"] === etag ? 304 : 200;
  const answered = status?.() ?? ruled;
  return {
    kind: "definitions",
    status: answered,
    question: undefined,
    headers: answered === 200 || answered === 304 ? { etag } : {},
    body: answered === 200 ? body : "",
    violations,
  };
}

function answerEvaluation(
  { method, body }: RawRequest,
  url: URL,
  apiKey: string | undefined,
  { evaluate = () => ({}), status }: PosthogFlagRules,
): Answer {
  const violations: string[] = [];
  const question = parse(body);
  if (method !== "POST") violations.push(`method ${method} of flags`);
  if (url.searchParams.get("v") !== "2") violations.push("flags of another version than 2");
  if (typeof question?.distinct_id !== "string" || question.distinct_id === "") {
    violations.push("flags without distinct_id");
  }
  const ruled = violations.length > 0 ? 400 : isKey(question?.token, apiKey) ? 200 : 401;
  const answered = status?.() ?? ruled;
  const values = answered === 200 && question !== undefined ? evaluate(question) : {};
  const asked = question?.flag_keys_to_evaluate;
  const flags = Object.entries(values)
    .filter(([key]) => asked === undefined || asked.includes(key))
    .map(([key, value], index) => [
      key,
      {
        key,
        enabled: value !== false,
        variant: typeof value === "string" ? value : null,
        reason: { code: "condition_match", condition_index: 0, description: "Matched condition set 1" },
        metadata: { id: index + 1, version: 1, payload: null, description: null },
      },
    ]);
  return {
    kind: "evaluation",
    status: answered,
    question,
    headers: {},
    body: JSON.stringify({ flags: Object.fromEntries(flags), errorsWhileComputingFlags: false }),
    violations,
  };
}

const isKey = (token: unknown, apiKey: string | undefined): boolean =>
  typeof token === "string" && token !== "" && (apiKey === undefined || token === apiKey);

function parse(body: Buffer): PosthogFlagQuestion | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null ? (value as PosthogFlagQuestion) : undefined;
  } catch {
    return undefined;
  }
}
