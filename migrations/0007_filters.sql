-- Filters that clients have stored. The id is a hash of the filter, so that storing the same one again makes no second row.
create table user_filter (
  user_id text collate "C" not null references account on delete cascade,
  filter_id text collate "C" not null,
  json text collate "C" not null,
  primary key (user_id, filter_id)
);
