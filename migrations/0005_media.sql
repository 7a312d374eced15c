-- Uploaded files. What they contain lies in the media store under the hash of it; a row gives it a name.
create table media (
  origin text collate "C" not null,
  media_id text collate "C" not null,
  user_id text collate "C" not null,
  content_type text collate "C" not null,
  file_name text collate "C",
  -- Null until the content of a name that was made in advance has come.
  bytes bigint,
  -- Hex.
  sha256 text collate "C",
  created_ts bigint not null,
  -- Until when the content of a name that was made in advance may come.
  unused_expires_ts bigint,
  -- Whether it is served without an access token too.
  is_public boolean not null,
  primary key (origin, media_id),
  check ((bytes is null) = (sha256 is null)),
  check (bytes is not null or unused_expires_ts is not null)
);
create index media_by_content on media (sha256) where sha256 is not null;
create index media_by_user on media (user_id, created_ts);
create index media_awaited on media (unused_expires_ts) where bytes is null;

-- Smaller pictures of contents. width and height are those of the box, not of the picture.
create table media_thumbnail (
  sha256 text collate "C" not null,
  width int not null,
  height int not null,
  method text collate "C" not null,
  animated boolean not null,
  content_type text collate "C" not null,
  -- Null when the content itself is the answer: it fits the box already.
  bytes bigint,
  primary key (sha256, width, height, method, animated)
);
