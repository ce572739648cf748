export type { EvaluationConfig } from "./cli/load-config.ts";
export {
  type BootstrapOptions,
  type Estimate,
  type Interval,
  pairedBootstrap,
} from "./evaluation/bootstrap.ts";
export type { Scores } from "./evaluation/estimate-system.ts";
export { type EvaluateOptions, evaluate } from "./evaluation/evaluate.ts";
export { formatHtmlReport, type HtmlReportOptions } from "./evaluation/format-html-report.ts";
export { formatReport } from "./evaluation/format-report.ts";
export {
  type JudgementLine,
  type JudgementSheet,
  type JudgementSheetOptions,
  judgementSheet,
} from "./evaluation/judgement-sheet.ts";
export {
  type LoggedQuestion,
  type LoggedQuestionsOptions,
  loggedQuestions,
} from "./evaluation/logged-questions.ts";
export { type Grades, mean, ndcg, precision, recall, reciprocalRank } from "./evaluation/metrics.ts";
export { clusterOf, type Question, type RelevantId } from "./evaluation/question.ts";
export {
  type Corpus,
  type CorpusDocument,
  readCorpus,
  readCorpusQuestions,
} from "./evaluation/read-corpus.ts";
export { type Judgements, readJudgements } from "./evaluation/read-judgements.ts";
export { readQuestions } from "./evaluation/read-questions.ts";
export type { FailureCounts } from "./evaluation/record-runs.ts";
export type {
  CurvePoint,
  EvaluationReport,
  FusionEvaluation,
  QuestionReport,
  RetrieverEvaluation,
  SystemReport,
  TuningReport,
  WeightCurve,
} from "./evaluation/report.ts";
export type { ScoreBin, ScoreDistribution, ScoreSummary } from "./evaluation/score-distribution.ts";
export type { MetricName, Weights } from "./evaluation/values.ts";
