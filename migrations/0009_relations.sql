-- Which events point at which. The parent is named by its id: a child may arrive before its parent, and must be found afterwards.
create table relation (
  room_nid bigint not null,
  -- The child. An event has one relation at most.
  num int not null,
  parent_id text collate "C" not null,
  rel_type text collate "C" not null,
  -- As the child has it: newest first in a room's order is (depth, num).
  depth bigint not null,
  sender text collate "C" not null,
  type text collate "C" not null,
  -- SHA-256 of the key of an annotation, base64.
  key text collate "C",
  -- Whether the child by itself may replace another event: no state, and a new content that is there or encrypted.
  replaces boolean not null,
  primary key (room_nid, num)
);
create index relation_by_parent on relation (room_nid, parent_id, rel_type, depth, num);

-- Threads with the place of their newest reply, and how much each user wrote in them: a thread of any length costs its participants.
-- Redacted replies are not counted.
create table thread (
  room_nid bigint not null,
  root_id text collate "C" not null,
  depth bigint not null,
  num int not null,
  primary key (room_nid, root_id)
);
create index thread_by_newest on thread (room_nid, depth, num);

create table thread_participant (
  room_nid bigint not null,
  root_id text collate "C" not null,
  sender text collate "C" not null,
  replies int not null,
  -- The newest of them.
  depth bigint not null,
  num int not null,
  primary key (room_nid, root_id, sender)
);
