import { cleanText } from "./clean-text.ts";
import { codeOf } from "./errors.ts";
import type { Generator, PromptMessage, TokenUsage } from "./ports.ts";
import type { ResolvedOptions } from "./resolve-options.ts";
import { DeadlineError, untilDeadline } from "./until-deadline.ts";

/** What became of a helper's work. */
export interface HelperReport {
  readonly status: "ok" | "failed" | "timed-out";
  readonly tookMs: number;
  /** The `code` of its error, else the error's name; `UNUSABLE_ANSWER` when what it wrote could not be used. */
  readonly errorCode?: string;
}

/** A helper's work; `text` only when its status is `ok`. */
export interface HelperOutcome {
  readonly text?: string;
  readonly report: HelperReport;
  /** Undefined when the model's API did not say, or did not come so far. */
  readonly usage: TokenUsage | undefined;
}

interface Task {
  /** What is asked for, as the error of a deadline names it. */
  readonly name: string;
  readonly messages: readonly PromptMessage[];
  /** Most tokens of the answer. */
  readonly maxTokens: number;
  readonly signal: AbortSignal;
  /** The answer, cleaned, as it is to be used; undefined when it is of no use. */
  accept(text: string): string | undefined;
}

/** No task needs a longer answer; a model that goes on and on is stopped here. */
const longestAnswer = 20_000;

/**
 * Gives a model a small task that an answer can do without: until `limits.helperDeadlineMs`, and without ever
 * failing, except with the reason of `signal` when that aborts.
 */
export async function askHelper(
  helper: Generator,
  { name, messages, maxTokens, signal, accept }: Task,
  { now, sleep, limits }: Pick<ResolvedOptions, "now" | "sleep" | "limits">,
): Promise<HelperOutcome> {
  const startedAt = now();
  const report = (status: HelperReport["status"], errorCode?: string): HelperReport => ({
    status,
    tookMs: now() - startedAt,
    ...(errorCode === undefined ? {} : { errorCode }),
  });
  try {
    const answer = await untilDeadline(
      (working) => wholeAnswer(helper, { messages, maxTokens, signal: working }),
      { name, deadlineMs: limits.helperDeadlineMs, signal, sleep },
    );
    signal.throwIfAborted();
    const text = accept(cleanText(answer.text).trim());
    if (text === undefined) return { report: report("failed", "UNUSABLE_ANSWER"), usage: answer.usage };
    return { text, report: report("ok"), usage: answer.usage };
  } catch (error) {
    signal.throwIfAborted();
    const status = error instanceof DeadlineError ? "timed-out" : "failed";
    return { report: report(status, codeOf(error)), usage: undefined };
  }
}

async function wholeAnswer(
  helper: Generator,
  call: Parameters<Generator["generate"]>[0],
): Promise<{ text: string; usage: TokenUsage | undefined }> {
  let text = "";
  for await (const part of helper.generate(call)) {
    call.signal?.throwIfAborted();
    if (part.type === "finish") return { text, usage: part.usage };
    text += part.text;
    if (text.length > longestAnswer) return { text: "", usage: undefined };
  }
  throw new CutStreamError("The helper's stream ended without a finish part.");
}

class CutStreamError extends Error {
  override readonly name = "CutStreamError";
  readonly code = "STREAM_CUT";
}
