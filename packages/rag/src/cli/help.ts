export const help = `Usage: devora-rag <command> [options]

  evaluate   measures retrievers, fusions and weights on questions with known answers
  judge      writes what the retrievers find for logged queries, to be graded by a person

devora-rag evaluate --config <file> (--questions <file> | --corpus <folder> | --judgements <file>)
  --config <file>       module whose default export is { retrievers, ownerId?, fusion?, limits?, close? },
                        or a function that answers it
  --questions <file>    JSONL: {"query": …, "relevant": [{"id": …, "grade": 1}]}
  --corpus <folder>     queries.jsonl and qrels.tsv of a test collection
  --judgements <file>   sheet of devora-rag judge, filled in
  --k <n>               depth of nDCG, MRR and precision, 1 to 100; default 10
  --min-ndcg <share>    exit code 1 when the configured fusion's nDCG is below it, 0 to 1
  --report <file>       writes an HTML page as well
  --json                prints the whole report as JSON
  --seed <n>            of halves and intervals; default 1

devora-rag judge --config <file> [options] > sheet.jsonl
  --config <file>       as above, with \`db\`, whose search log is read
  --since <day>         queries from this day on, YYYY-MM-DD; default all that are kept
  --limit <n>           most queries, 1 to 10000; default 100
  --depth <n>           passages asked of each retriever, 1 to 100; default 10

Exit codes: 0 fine, 1 failed or below --min-ndcg, 2 wrong usage.`;
