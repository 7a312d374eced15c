-- What users reported to the admins of this server.
create table report (
  id bigint generated always as identity primary key,
  received_ts bigint not null,
  kind text not null check (kind in ('room', 'event', 'user')),
  reporter text collate "C" not null,
  room_id text collate "C",
  event_id text collate "C",
  user_id text collate "C",
  reason text
);
create index report_by_kind on report (kind, id);
