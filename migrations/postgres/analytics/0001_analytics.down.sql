drop function devora.capture_with_aliases(jsonb, text[]);
drop function devora.capture_events(jsonb, text[]);
drop trigger user_aliases_share_opt_out on devora.user_aliases;
drop function devora.share_opt_out();
drop function devora.ids_of_others(text[], text);
drop function devora.ids_of_person(text[]);
drop table devora.consents;
drop table devora.feature_flags;
drop table devora.flag_definitions;
drop table devora.user_aliases;
drop table devora.analytics_outbox;
drop function devora.drop_detached_events(text);
drop function devora.attach_event_partition(text);
drop function devora.detach_event_partition(text);
drop function devora.ensure_event_partitions(date, date);
drop table devora.analytics_events;
do $$
declare
  detached regclass;
begin
  for detached in
    select oid::regclass from pg_class
    where relnamespace = 'devora'::regnamespace and relkind = 'r' and relname ~ '^analytics_events_y\d{4}m\d{2}_detached$'
  loop
    execute format('drop table %s', detached);
  end loop;
end $$;
drop table devora.event_ids;
