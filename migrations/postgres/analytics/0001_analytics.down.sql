drop function devora.capture_events(jsonb, text[]);
drop table devora.consents;
drop table devora.flag_definitions;
drop table devora.user_aliases;
drop table devora.analytics_outbox;
drop function devora.ensure_event_partitions(date, date);
drop table devora.analytics_events;
drop table devora.event_ids;
