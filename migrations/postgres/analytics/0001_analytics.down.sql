drop function devora.capture_events(jsonb, text[]);
drop table devora.consents;
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
