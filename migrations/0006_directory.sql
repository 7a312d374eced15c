-- Aliases of this server, and rooms that are listed in its directory.
create table room_alias (
  alias text collate "C" primary key,
  room_id text collate "C" not null,
  creator text collate "C" not null,
  created_ts bigint not null
);
create index room_alias_by_room on room_alias (room_id);

create table published_room (
  room_id text collate "C" primary key,
  published_by text collate "C" not null,
  published_ts bigint not null
);
