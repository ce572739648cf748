drop function devora.log_search_queries(jsonb);
drop view devora.slow_queries;
drop table devora.search_synonyms;
drop table devora.search_statistics_deltas;
drop table devora.search_statistics;
drop table devora.search_vocabulary_deltas;
drop table devora.search_vocabulary;
drop table devora.search_queries;
