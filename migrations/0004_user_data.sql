-- What belongs to one user: account data, profile, receipts, push rules, and what unread counts are made of.
-- thread = number of the thread root in its room; -1 the main timeline; -2 the whole room.

create table account_data (
  user_id text collate "C" not null,
  -- '' for data that belongs to no room.
  room_id text collate "C" not null,
  type text collate "C" not null,
  -- JSON object; null once deleted, so that syncs can tell.
  content text collate "C",
  pos bigint not null,
  primary key (user_id, room_id, type)
);
create index account_data_by_pos on account_data (user_id, pos);

create table profile (
  user_id text collate "C" primary key,
  -- JSON object of all fields.
  fields text collate "C" not null
);

create table receipt (
  room_id text collate "C" not null,
  user_id text collate "C" not null,
  type text collate "C" not null,
  -- What the client sent: '' unthreaded, 'main', or the event id of a thread root.
  thread_id text collate "C" not null,
  event_id text collate "C" not null,
  -- Order of the event in its room; null when this server does not know the event.
  seq int,
  ts bigint not null,
  pos bigint not null,
  primary key (room_id, user_id, type, thread_id)
);
create index receipt_by_pos on receipt (room_id, pos);

create table push_rules (
  user_id text collate "C" primary key,
  -- JSON: own rules by kind and changes to the predefined ones.
  rules text collate "C" not null,
  pos bigint not null
);

-- How far a local user has read, by receipts and by own messages.
create table read_marker (
  user_id text collate "C" not null,
  room_nid bigint not null,
  thread int not null,
  seq int not null,
  primary key (user_id, room_nid, thread)
);

-- Events that count otherwise than ncum and tcum say. user_id '' = for every member without a row of their own.
create table unread_exception (
  user_id text collate "C" not null,
  room_nid bigint not null,
  seq int not null,
  num int not null,
  thread int not null,
  notify smallint not null,
  highlight smallint not null,
  primary key (user_id, room_nid, seq)
);

-- Stretches of a room in which a user counts nothing but their exceptions (a muted room). to_seq null = still going on.
create table unread_muted (
  user_id text collate "C" not null,
  room_nid bigint not null,
  from_seq int not null,
  to_seq int,
  primary key (user_id, room_nid, from_seq)
);
create index unread_muted_open on unread_muted (room_nid) where to_seq is null;

create index if not exists event_by_thread on event (room_nid, thread, seq) where thread is not null and seq is not null;

-- Running count of a thread (or of the main timeline) after the event with this seq.
create function weft_thread_count(room bigint, thread_num int, upto int) returns int
stable language sql as $$
  select coalesce(
    case when thread_num = -1 then
      (select tcum from event where room_nid = room and thread is null and seq > 0 and seq <= upto order by seq desc limit 1)
    else
      (select tcum from event where room_nid = room and thread = thread_num and seq > 0 and seq <= upto order by seq desc limit 1)
    end, 0)
$$;
