drop function devora.drop_embedding_index(integer);
drop function devora.ensure_embedding_index(integer, text, integer, integer);
drop function devora.enqueue_embeddings(text, text[], text);
drop function devora.queue_embeddings(text, text[], text[]);
drop table devora.embedding_jobs;
drop table devora.embeddings;
drop table devora.chunks;
drop table devora.documents;
drop table devora.embedding_models;
