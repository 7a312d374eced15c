-- Accounts, their devices and everything that proves who somebody is. Secrets (tokens) are stored as SHA-256 of their text:
-- they are long and random, so a fast hash is enough. Passwords are stored as argon2id in PHC form.

create table account (
  user_id text collate "C" primary key,
  -- Null: no password (application-service users, guests, deactivated accounts).
  password_hash text,
  is_guest boolean not null default false,
  is_admin boolean not null default false,
  created_ts bigint not null,
  deactivated_ts bigint,
  erased boolean not null default false,
  locked boolean not null default false,
  suspended boolean not null default false,
  appservice_id text collate "C",
  -- Version of the terms that were accepted at registration.
  terms_version text
);
-- Finds the account of someone who writes their name in other letters (user ids from before lower case was the rule).
create index account_by_lower on account (lower(user_id));

create table device (
  user_id text collate "C" not null references account on delete cascade,
  device_id text collate "C" not null,
  display_name text,
  created_ts bigint not null,
  last_seen_ts bigint,
  last_seen_ip text,
  last_seen_agent text,
  primary key (user_id, device_id)
);

create table refresh_token (
  id bigint generated always as identity primary key,
  hash bytea not null unique,
  user_id text collate "C" not null,
  device_id text collate "C" not null,
  created_ts bigint not null,
  expires_ts bigint,
  -- The token that this one replaced; it dies at the first use of this one or of the access token issued with it.
  replaces bigint,
  foreign key (user_id, device_id) references device on delete cascade
);
create index refresh_token_by_device on refresh_token (user_id, device_id);
create index refresh_token_by_replaced on refresh_token (replaces) where replaces is not null;

create table access_token (
  id bigint generated always as identity primary key,
  hash bytea not null unique,
  user_id text collate "C" not null references account on delete cascade,
  -- Null: a token without a device (an admin acting as the user).
  device_id text collate "C",
  created_ts bigint not null,
  expires_ts bigint,
  -- The refresh token it was issued with: it goes when that goes.
  refresh_id bigint references refresh_token on delete cascade,
  foreign key (user_id, device_id) references device on delete cascade
);
create index access_token_by_device on access_token (user_id, device_id);
create index access_token_by_refresh on access_token (refresh_id) where refresh_id is not null;

create table login_token (
  hash bytea primary key,
  user_id text collate "C" not null references account on delete cascade,
  expires_ts bigint not null
);

create table openid_token (
  hash bytea primary key,
  user_id text collate "C" not null references account on delete cascade,
  expires_ts bigint not null
);
create index openid_token_by_expiry on openid_token (expires_ts);

create table registration_token (
  token text collate "C" primary key,
  -- Null: any number.
  uses_allowed int,
  completed int not null default 0,
  expiry_ts bigint,
  created_ts bigint not null,
  -- Whoever registers with it becomes an administrator.
  makes_admin boolean not null default false
);

create table uia_session (
  id text collate "C" primary key,
  -- What is being authorised.
  action text collate "C" not null,
  user_id text collate "C",
  created_ts bigint not null,
  completed text[] not null default '{}',
  -- The registration token that was given in this session: it counts as used while the session lives.
  registration_token text collate "C",
  -- JSON that the endpoint keeps for the session's life (the user id that a registration was promised).
  data text not null default '{}'
);
create index uia_session_by_age on uia_session (created_ts);
create index uia_session_by_token on uia_session (registration_token) where registration_token is not null;

create table threepid (
  medium text collate "C" not null,
  address text collate "C" not null,
  user_id text collate "C" not null references account on delete cascade,
  validated_ts bigint not null,
  added_ts bigint not null,
  primary key (medium, address)
);
create index threepid_by_user on threepid (user_id);
