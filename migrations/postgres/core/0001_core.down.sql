-- The roles stay: they belong to the cluster, and other databases may use them. So do the extensions and
-- the schema, which holds the migration ledger.
drop table devora.system_config;
drop table devora.config_keys;
drop function devora.identifier_vector(text);
drop function devora.synonyms_of(text[], text[]);
drop function devora.search_vector(text, text, text);
drop function devora.text_config(text);
drop text search configuration devora.devora_simple;
drop text search configuration devora.devora_en;
drop text search configuration devora.devora_fr;
drop function devora.cascade_soft_delete();
drop function devora.touch_updated_at();
drop function devora.set_updated_at();
drop function devora.hand_over(regprocedure, name[]);
drop function devora.protect_internal_table(regclass);
drop function devora.protect_table(regclass, name, text, boolean);
revoke usage on schema devora from devora_app, devora_service, devora_definer;
