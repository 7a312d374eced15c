-- Messages to devices, and the keys, signatures and backups that end-to-end encryption leaves with the server.
-- JSON is kept as text: jsonb reorders keys and refuses NUL.

-- Messages that wait for a device of this server, in the order of the log. One request sends one device at most one message.
create table to_device (
  user_id text collate "C" not null,
  device_id text collate "C" not null,
  pos bigint not null,
  json text collate "C" not null,
  primary key (user_id, device_id, pos)
);

-- Requests and EDUs that have been taken, so that a repeated one sends nothing twice.
-- scope = device or token of a client's request, 'edu' for another server's message id.
create table to_device_txn (
  user_id text collate "C" not null,
  scope text collate "C" not null,
  event_type text collate "C" not null,
  txn_id text collate "C" not null,
  pos bigint not null,
  ts bigint not null,
  primary key (user_id, scope, event_type, txn_id)
);
create index to_device_txn_by_ts on to_device_txn using brin (ts);

create table device_key (
  user_id text collate "C" not null,
  device_id text collate "C" not null,
  json text collate "C" not null,
  pos bigint not null,
  primary key (user_id, device_id)
);

create table one_time_key (
  user_id text collate "C" not null,
  device_id text collate "C" not null,
  algorithm text collate "C" not null,
  -- Position of the upload: keys are given out in this order.
  pos bigint not null,
  key_id text collate "C" not null,
  json text collate "C" not null,
  primary key (user_id, device_id, algorithm, key_id)
);
create index one_time_key_in_order on one_time_key (user_id, device_id, algorithm, pos, key_id);

-- Keys that have been given out: an upload that is repeated because its answer was lost must not bring them back.
create table claimed_key (
  user_id text collate "C" not null,
  device_id text collate "C" not null,
  algorithm text collate "C" not null,
  key_id text collate "C" not null,
  json_hash bytea not null,
  ts bigint not null,
  primary key (user_id, device_id, algorithm, key_id)
);
create index claimed_key_by_ts on claimed_key using brin (ts);

create table fallback_key (
  user_id text collate "C" not null,
  device_id text collate "C" not null,
  algorithm text collate "C" not null,
  key_id text collate "C" not null,
  json text collate "C" not null,
  used boolean not null,
  primary key (user_id, device_id, algorithm)
);

create table cross_signing_key (
  user_id text collate "C" not null,
  usage text collate "C" not null check (usage in ('master', 'self_signing', 'user_signing')),
  -- The public key, unpadded base64.
  public_key text collate "C" not null,
  json text collate "C" not null,
  pos bigint not null,
  primary key (user_id, usage)
);

-- Signatures that were added to a key after its upload. target = device id or public key.
create table key_signature (
  user_id text collate "C" not null,
  target text collate "C" not null,
  signer text collate "C" not null,
  signer_key_id text collate "C" not null,
  signature text collate "C" not null,
  primary key (user_id, target, signer, signer_key_id)
);
create index key_signature_by_signer on key_signature (signer, signer_key_id);

-- Whose keys changed, and when. viewer = the only user who can see the difference; '' = everybody who shares a room.
create table device_change (
  pos bigint not null,
  user_id text collate "C" not null,
  viewer text collate "C" not null,
  primary key (pos, user_id, viewer)
);

-- Newest change of one user.
create index device_change_by_user on device_change (user_id, pos);

-- A user's key backups. A deleted version keeps its row: its number is never used again.
create table key_backup (
  user_id text collate "C" not null,
  version bigint not null,
  algorithm text collate "C" not null,
  auth_data text collate "C" not null,
  etag bigint not null default 0,
  count bigint not null default 0,
  deleted boolean not null default false,
  primary key (user_id, version)
);

create table key_backup_session (
  user_id text collate "C" not null,
  version bigint not null,
  room_id text collate "C" not null,
  session_id text collate "C" not null,
  first_message_index bigint not null,
  forwarded_count bigint not null,
  is_verified boolean not null,
  session_data text collate "C" not null,
  primary key (user_id, version, room_id, session_id)
);

-- A user's dehydrated device, at most one.
create table dehydrated_device (
  user_id text collate "C" primary key,
  device_id text collate "C" not null,
  device_data text collate "C" not null,
  pos bigint not null
);
