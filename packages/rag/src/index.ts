export { type AiSdkGeneratorOptions, type AiSdkLanguageModel, aiSdkGenerator } from "./ai-sdk-generator.ts";
export type { AnswerCall } from "./answer.ts";
export type { AnswerPart } from "./answer-part.ts";
export type { HelperReport } from "./ask-helper.ts";
export type { AugmentedQuery, AugmentQueryCall, AugmentTimings, PromptedContext } from "./augment-query.ts";
export type { DroppedContext, RetrievedContext } from "./contexts.ts";
export { createRag, type Rag } from "./create-rag.ts";
export { isRagError, RagError, type RagErrorCode, type RagErrorDetails } from "./errors.ts";
export { estimateTokens } from "./estimate-tokens.ts";
export type { PromptBudget } from "./fit-prompt.ts";
export {
  type FormatForPromptCall,
  type FormattedContexts,
  formatForPrompt,
  type PromptContext,
} from "./format-for-prompt.ts";
export type { LegRank } from "./fusion.ts";
export { type LlmRerankerOptions, llmReranker } from "./llm-reranker.ts";
export { type OpenAIChatClient, type OpenAIGeneratorOptions, openaiGenerator } from "./openai-generator.ts";
export type {
  FusionOptions,
  LimitOptions,
  RagOptions,
  RecencyOptions,
  RerankerOptions,
  RetrieverOptions,
} from "./options.ts";
export type {
  Candidates,
  CandidatesCall,
  Generator,
  GeneratorCall,
  GeneratorPart,
  HistoryCall,
  HistoryStore,
  HistoryTurn,
  Passage,
  PromptMessage,
  Reranker,
  RerankerCall,
  RerankerResult,
  Retriever,
  RetrieverCall,
  RetrieverResult,
  TokenCounter,
  TokenUsage,
  TraceAttributes,
  Tracer,
  TraceSpan,
} from "./ports.ts";
export type { RerankerReport } from "./rerank.ts";
export type { RetrieveContextCall, RetrievedContexts } from "./retrieve-context.ts";
export type { RetrieverReport } from "./run-retrievers.ts";
export { type Locale, type PromptTemplate, templates } from "./templates.ts";
export type { TokenPrice } from "./usage.ts";
