-- The engine: one signed event graph per room, its state, and the commit log that everything downstream reads.
-- Numbers: nid = number of a thing in this database, num = number of an event inside its room, skn = number of a
-- (type, state key) inside its room, sg = number of a state group inside its room, pos = position in the commit log.
-- All bigints stay below 2^53. Text is compared by bytes.

-- Dictionaries. A name gets its number once and keeps it.
create table user_nid (
  nid bigint generated always as identity primary key,
  user_id text collate "C" not null unique
);
create table event_type (
  nid int generated always as identity primary key,
  type text collate "C" not null unique
);

create table room (
  nid bigint generated always as identity primary key,
  room_id text collate "C" not null unique,
  version text collate "C" not null,
  shard smallint not null,
  last_num int not null,
  -- Arrival order: the newest timeline event, and the oldest (0 or negative) one.
  last_seq int not null,
  first_seq int not null default 0,
  -- State group of the current state, and the newest group made.
  head_sg int not null,
  last_sg int not null,
  last_skn int not null,
  -- Forward extremities.
  forward int[] not null,
  max_depth bigint not null,
  flags int not null default 0,
  created_ts bigint not null
);

create table event (
  room_nid bigint not null,
  num int not null,
  seq int,
  pos bigint not null,
  depth bigint not null,
  ts bigint not null,
  sender_nid bigint not null,
  type_nid int not null,
  skn int,
  sg int,
  head_sg int,
  replaces int,
  thread int,
  flags smallint not null,
  ncum int not null,
  tcum int not null,
  prev int[] not null,
  auth int[] not null,
  event_id text collate "C" not null,
  json text collate "C" not null,
  primary key (room_nid, num)
);
create unique index event_by_id on event (event_id, room_nid);
create index event_by_seq on event (room_nid, seq) where seq is not null;
create index event_by_depth on event (room_nid, depth, num) where seq is not null;
create index event_by_thread on event (room_nid, thread, seq) where thread is not null;

-- Why an event was rejected or soft-failed: kept for the admin and for the tests of the checks.
create table event_verdict (
  room_nid bigint not null,
  num int not null,
  verdict text not null check (verdict in ('rejected', 'soft_failed', 'redacted')),
  rule text not null,
  reason text not null,
  primary key (room_nid, num)
);

-- The room's dictionary of state keys with the current state in it (num is null once the key vanished by resolution).
create table room_state (
  room_nid bigint not null,
  skn int not null,
  type text collate "C" not null,
  state_key text collate "C" not null,
  num int,
  primary key (room_nid, skn)
);
create unique index room_state_by_key on room_state (room_nid, type, state_key);

-- Skip-delta state groups: the group at height h stores its difference against the ancestor at height (h and h-1).
-- delta = [skn, num, skn, num, …]; num 0 means that the key is gone. path = the ancestors whose deltas build this state, oldest first.
create table state_group (
  room_nid bigint not null,
  sg int not null,
  height int not null,
  path int[] not null,
  is_full boolean not null,
  delta int[] not null,
  primary key (room_nid, sg)
);

create table member (
  user_nid bigint not null,
  room_nid bigint not null,
  membership text collate "C" not null,
  num int not null,
  pos bigint not null,
  sender_nid bigint not null,
  forgotten boolean not null default false,
  primary key (user_nid, room_nid)
);
create index member_by_room on member (room_nid, pos) include (user_nid, membership);

-- Redactions: which event redacted which, and the original text until the retention time is over.
create table redaction (
  room_nid bigint not null,
  target_num int not null,
  by_num int not null,
  original text collate "C",
  redacted_ts bigint not null,
  primary key (room_nid, target_num)
);
-- Redactions of events that have not arrived (yet).
create table pending_redaction (
  room_nid bigint not null,
  target_event_id text collate "C" not null,
  by_num int not null,
  primary key (room_nid, target_event_id, by_num)
);

-- Transaction ids, kept with the event they made. scope = user id and device, or user id and token.
create table txn_id (
  user_nid bigint not null,
  room_nid bigint not null,
  ts bigint not null,
  num int not null,
  scope text collate "C" not null,
  txn_id text collate "C" not null,
  primary key (user_nid, scope, room_nid, txn_id)
);
create index txn_id_by_event on txn_id (room_nid, num);
create index txn_id_by_ts on txn_id using brin (ts);

-- A node's place in the log. One row per writer slot; epoch grows with every new owner, and a commit checks it (fencing).
create table writer_slot (
  slot smallint primary key,
  epoch bigint not null,
  node text not null,
  expires_at timestamptz not null
);
create table shard_lease (
  shard smallint primary key,
  slot smallint not null,
  epoch bigint not null,
  expires_at timestamptz not null
);

-- One row per committed batch: positions (from_pos, to_pos] of one slot, and what they are about.
create table commit_log (
  slot smallint not null,
  to_pos bigint not null,
  from_pos bigint not null,
  ts bigint not null,
  items text not null,
  primary key (slot, to_pos)
);

-- How far a consumer of the log has come.
create table cursor (
  name text collate "C" primary key,
  slot smallint not null,
  pos bigint not null
);

-- Raises when this slot's epoch is no longer ours or a shard has gone to another node: the whole batch then rolls back.
create function weft_fence(my_slot smallint, my_epoch bigint, my_shards smallint[]) returns void
language plpgsql as $$
declare
  held int;
begin
  perform 1 from writer_slot where slot = my_slot and epoch = my_epoch for share;
  if not found then
    raise exception 'writer slot % is no longer held at epoch %', my_slot, my_epoch using errcode = 'WF001';
  end if;
  select count(*) into held from
    (select 1 from shard_lease where shard = any(my_shards) and slot = my_slot and epoch = my_epoch for share) leases;
  if held <> cardinality(my_shards) then
    raise exception 'slot % lost a shard lease at epoch %', my_slot, my_epoch using errcode = 'WF001';
  end if;
end $$;
