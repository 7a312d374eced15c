/**
 * Every table as drizzle sees it. Generated from the migrations by `npm run schema`: do not edit. The migrations decide; this file is
 * for tools and for queries that are built rather than written.
 */
import {
  pgTable,
  bigint,
  text,
  integer,
  customType,
  smallint,
  boolean,
  timestamp,
  index,
  uniqueIndex,
  foreignKey,
  primaryKey,
  unique,
  check,
} from 'drizzle-orm/pg-core';
import { sql } from 'drizzle-orm';

export const accessToken = pgTable(
  'access_token',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    hash: customType({ dataType: () => 'bytea' })().notNull(),
    userId: text('user_id').notNull(),
    deviceId: text('device_id'),
    createdTs: bigint('created_ts', { mode: 'number' }).notNull(),
    expiresTs: bigint('expires_ts', { mode: 'number' }),
    refreshId: bigint('refresh_id', { mode: 'number' }),
  },
  (table) => [
    foreignKey({
      columns: [table.refreshId],
      foreignColumns: [refreshToken.id],
      name: 'access_token_refresh_id_fkey',
    }).onDelete('cascade'),
    foreignKey({
      columns: [table.userId, table.deviceId],
      foreignColumns: [device.userId, device.deviceId],
      name: 'access_token_user_id_device_id_fkey',
    }).onDelete('cascade'),
    foreignKey({
      columns: [table.userId],
      foreignColumns: [account.userId],
      name: 'access_token_user_id_fkey',
    }).onDelete('cascade'),
    index('access_token_by_device').using('btree', table.userId.asc().nullsLast(), table.deviceId.asc().nullsLast()),
    index('access_token_by_refresh').using('btree', table.refreshId.asc().nullsLast()).where(sql`(refresh_id IS NOT NULL)`),
    unique('access_token_hash_key').on(table.hash),
  ],
);

export const account = pgTable(
  'account',
  {
    userId: text('user_id').primaryKey(),
    passwordHash: text('password_hash'),
    isGuest: boolean('is_guest').default(false).notNull(),
    isAdmin: boolean('is_admin').default(false).notNull(),
    createdTs: bigint('created_ts', { mode: 'number' }).notNull(),
    deactivatedTs: bigint('deactivated_ts', { mode: 'number' }),
    erased: boolean().default(false).notNull(),
    locked: boolean().default(false).notNull(),
    suspended: boolean().default(false).notNull(),
    appserviceId: text('appservice_id'),
    termsVersion: text('terms_version'),
  },
  () => [index('account_by_lower').using('btree', sql`lower(user_id)`)],
);

export const accountData = pgTable(
  'account_data',
  {
    userId: text('user_id').notNull(),
    roomId: text('room_id').notNull(),
    type: text().notNull(),
    content: text(),
    pos: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.roomId, table.type], name: 'account_data_pkey' }),
    index('account_data_by_pos').using('btree', table.userId.asc().nullsLast(), table.pos.asc().nullsLast()),
  ],
);

export const claimedKey = pgTable(
  'claimed_key',
  {
    userId: text('user_id').notNull(),
    deviceId: text('device_id').notNull(),
    algorithm: text().notNull(),
    keyId: text('key_id').notNull(),
    jsonHash: customType({ dataType: () => 'bytea' })('json_hash').notNull(),
    ts: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.deviceId, table.algorithm, table.keyId], name: 'claimed_key_pkey' }),
    index('claimed_key_by_ts').using('brin', table.ts.asc().nullsLast()),
  ],
);

export const commitLog = pgTable(
  'commit_log',
  {
    slot: smallint().notNull(),
    toPos: bigint('to_pos', { mode: 'number' }).notNull(),
    fromPos: bigint('from_pos', { mode: 'number' }).notNull(),
    ts: bigint({ mode: 'number' }).notNull(),
    items: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.slot, table.toPos], name: 'commit_log_pkey' })],
);

export const crossSigningKey = pgTable(
  'cross_signing_key',
  {
    userId: text('user_id').notNull(),
    usage: text().notNull(),
    publicKey: text('public_key').notNull(),
    json: text().notNull(),
    pos: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.usage], name: 'cross_signing_key_pkey' }),
    check('cross_signing_key_usage_check', sql`(usage = ANY (ARRAY['master'::text, 'self_signing'::text, 'user_signing'::text]))`),
  ],
);

export const cursor = pgTable('cursor', {
  name: text().primaryKey(),
  slot: smallint().notNull(),
  pos: bigint({ mode: 'number' }).notNull(),
});

export const dehydratedDevice = pgTable('dehydrated_device', {
  userId: text('user_id').primaryKey(),
  deviceId: text('device_id').notNull(),
  deviceData: text('device_data').notNull(),
  pos: bigint({ mode: 'number' }).notNull(),
});

export const device = pgTable(
  'device',
  {
    userId: text('user_id').notNull(),
    deviceId: text('device_id').notNull(),
    displayName: text('display_name'),
    createdTs: bigint('created_ts', { mode: 'number' }).notNull(),
    lastSeenTs: bigint('last_seen_ts', { mode: 'number' }),
    lastSeenIp: text('last_seen_ip'),
    lastSeenAgent: text('last_seen_agent'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.deviceId], name: 'device_pkey' }),
    foreignKey({
      columns: [table.userId],
      foreignColumns: [account.userId],
      name: 'device_user_id_fkey',
    }).onDelete('cascade'),
  ],
);

export const deviceChange = pgTable(
  'device_change',
  {
    pos: bigint({ mode: 'number' }).notNull(),
    userId: text('user_id').notNull(),
    viewer: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.pos, table.userId, table.viewer], name: 'device_change_pkey' }),
    index('device_change_by_user').using('btree', table.userId.asc().nullsLast(), table.pos.asc().nullsLast()),
  ],
);

export const deviceKey = pgTable(
  'device_key',
  {
    userId: text('user_id').notNull(),
    deviceId: text('device_id').notNull(),
    json: text().notNull(),
    pos: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.deviceId], name: 'device_key_pkey' })],
);

export const event = pgTable(
  'event',
  {
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    num: integer().notNull(),
    seq: integer(),
    pos: bigint({ mode: 'number' }).notNull(),
    depth: bigint({ mode: 'number' }).notNull(),
    ts: bigint({ mode: 'number' }).notNull(),
    senderNid: bigint('sender_nid', { mode: 'number' }).notNull(),
    typeNid: integer('type_nid').notNull(),
    skn: integer(),
    sg: integer(),
    headSg: integer('head_sg'),
    replaces: integer(),
    thread: integer(),
    flags: smallint().notNull(),
    ncum: integer().notNull(),
    tcum: integer().notNull(),
    prev: integer().array().notNull(),
    auth: integer().array().notNull(),
    eventId: text('event_id').notNull(),
    json: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.roomNid, table.num], name: 'event_pkey' }),
    index('event_by_depth')
      .using('btree', table.roomNid.asc().nullsLast(), table.depth.asc().nullsLast(), table.num.asc().nullsLast())
      .where(sql`(seq IS NOT NULL)`),
    uniqueIndex('event_by_id').using('btree', table.eventId.asc().nullsLast(), table.roomNid.asc().nullsLast()),
    index('event_by_seq').using('btree', table.roomNid.asc().nullsLast(), table.seq.asc().nullsLast()).where(sql`(seq IS NOT NULL)`),
    index('event_by_thread')
      .using('btree', table.roomNid.asc().nullsLast(), table.thread.asc().nullsLast(), table.seq.asc().nullsLast())
      .where(sql`(thread IS NOT NULL)`),
  ],
);

export const eventType = pgTable(
  'event_type',
  {
    nid: integer().primaryKey().generatedAlwaysAsIdentity(),
    type: text().notNull(),
  },
  (table) => [unique('event_type_type_key').on(table.type)],
);

export const eventVerdict = pgTable(
  'event_verdict',
  {
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    num: integer().notNull(),
    verdict: text().notNull(),
    rule: text().notNull(),
    reason: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.roomNid, table.num], name: 'event_verdict_pkey' }),
    check('event_verdict_verdict_check', sql`(verdict = ANY (ARRAY['rejected'::text, 'soft_failed'::text, 'redacted'::text]))`),
  ],
);

export const fallbackKey = pgTable(
  'fallback_key',
  {
    userId: text('user_id').notNull(),
    deviceId: text('device_id').notNull(),
    algorithm: text().notNull(),
    keyId: text('key_id').notNull(),
    json: text().notNull(),
    used: boolean().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.deviceId, table.algorithm], name: 'fallback_key_pkey' })],
);

export const keyBackup = pgTable(
  'key_backup',
  {
    userId: text('user_id').notNull(),
    version: bigint({ mode: 'number' }).notNull(),
    algorithm: text().notNull(),
    authData: text('auth_data').notNull(),
    etag: bigint({ mode: 'number' }).default(0).notNull(),
    count: bigint({ mode: 'number' }).default(0).notNull(),
    deleted: boolean().default(false).notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.version], name: 'key_backup_pkey' })],
);

export const keyBackupSession = pgTable(
  'key_backup_session',
  {
    userId: text('user_id').notNull(),
    version: bigint({ mode: 'number' }).notNull(),
    roomId: text('room_id').notNull(),
    sessionId: text('session_id').notNull(),
    firstMessageIndex: bigint('first_message_index', { mode: 'number' }).notNull(),
    forwardedCount: bigint('forwarded_count', { mode: 'number' }).notNull(),
    isVerified: boolean('is_verified').notNull(),
    sessionData: text('session_data').notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.version, table.roomId, table.sessionId], name: 'key_backup_session_pkey' })],
);

export const keySignature = pgTable(
  'key_signature',
  {
    userId: text('user_id').notNull(),
    target: text().notNull(),
    signer: text().notNull(),
    signerKeyId: text('signer_key_id').notNull(),
    signature: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.target, table.signer, table.signerKeyId], name: 'key_signature_pkey' }),
    index('key_signature_by_signer').using('btree', table.signer.asc().nullsLast(), table.signerKeyId.asc().nullsLast()),
  ],
);

export const loginToken = pgTable(
  'login_token',
  {
    hash: customType({ dataType: () => 'bytea' })().primaryKey(),
    userId: text('user_id').notNull(),
    expiresTs: bigint('expires_ts', { mode: 'number' }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.userId],
      foreignColumns: [account.userId],
      name: 'login_token_user_id_fkey',
    }).onDelete('cascade'),
  ],
);

export const media = pgTable(
  'media',
  {
    origin: text().notNull(),
    mediaId: text('media_id').notNull(),
    userId: text('user_id').notNull(),
    contentType: text('content_type').notNull(),
    fileName: text('file_name'),
    bytes: bigint({ mode: 'number' }),
    sha256: text(),
    createdTs: bigint('created_ts', { mode: 'number' }).notNull(),
    unusedExpiresTs: bigint('unused_expires_ts', { mode: 'number' }),
    isPublic: boolean('is_public').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.origin, table.mediaId], name: 'media_pkey' }),
    index('media_awaited').using('btree', table.unusedExpiresTs.asc().nullsLast()).where(sql`(bytes IS NULL)`),
    index('media_by_content').using('btree', table.sha256.asc().nullsLast()).where(sql`(sha256 IS NOT NULL)`),
    index('media_by_user').using('btree', table.userId.asc().nullsLast(), table.createdTs.asc().nullsLast()),
    check('media_check', sql`((bytes IS NULL) = (sha256 IS NULL))`),
    check('media_check1', sql`((bytes IS NOT NULL) OR (unused_expires_ts IS NOT NULL))`),
  ],
);

export const mediaThumbnail = pgTable(
  'media_thumbnail',
  {
    sha256: text().notNull(),
    width: integer().notNull(),
    height: integer().notNull(),
    method: text().notNull(),
    animated: boolean().notNull(),
    contentType: text('content_type').notNull(),
    bytes: bigint({ mode: 'number' }),
  },
  (table) => [
    primaryKey({ columns: [table.sha256, table.width, table.height, table.method, table.animated], name: 'media_thumbnail_pkey' }),
  ],
);

export const member = pgTable(
  'member',
  {
    userNid: bigint('user_nid', { mode: 'number' }).notNull(),
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    membership: text().notNull(),
    num: integer().notNull(),
    pos: bigint({ mode: 'number' }).notNull(),
    senderNid: bigint('sender_nid', { mode: 'number' }).notNull(),
    forgotten: boolean().default(false).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userNid, table.roomNid], name: 'member_pkey' }),
    index('member_by_room').using('btree', table.roomNid.asc().nullsLast(), table.pos.asc().nullsLast()),
  ],
);

export const oneTimeKey = pgTable(
  'one_time_key',
  {
    userId: text('user_id').notNull(),
    deviceId: text('device_id').notNull(),
    algorithm: text().notNull(),
    pos: bigint({ mode: 'number' }).notNull(),
    keyId: text('key_id').notNull(),
    json: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.deviceId, table.algorithm, table.keyId], name: 'one_time_key_pkey' }),
    index('one_time_key_in_order').using(
      'btree',
      table.userId.asc().nullsLast(),
      table.deviceId.asc().nullsLast(),
      table.algorithm.asc().nullsLast(),
      table.pos.asc().nullsLast(),
      table.keyId.asc().nullsLast(),
    ),
  ],
);

export const openidToken = pgTable(
  'openid_token',
  {
    hash: customType({ dataType: () => 'bytea' })().primaryKey(),
    userId: text('user_id').notNull(),
    expiresTs: bigint('expires_ts', { mode: 'number' }).notNull(),
  },
  (table) => [
    foreignKey({
      columns: [table.userId],
      foreignColumns: [account.userId],
      name: 'openid_token_user_id_fkey',
    }).onDelete('cascade'),
    index('openid_token_by_expiry').using('btree', table.expiresTs.asc().nullsLast()),
  ],
);

export const pendingRedaction = pgTable(
  'pending_redaction',
  {
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    targetEventId: text('target_event_id').notNull(),
    byNum: integer('by_num').notNull(),
  },
  (table) => [primaryKey({ columns: [table.roomNid, table.targetEventId, table.byNum], name: 'pending_redaction_pkey' })],
);

export const profile = pgTable('profile', {
  userId: text('user_id').primaryKey(),
  fields: text().notNull(),
});

export const publishedRoom = pgTable('published_room', {
  roomId: text('room_id').primaryKey(),
  publishedBy: text('published_by').notNull(),
  publishedTs: bigint('published_ts', { mode: 'number' }).notNull(),
});

export const pushRules = pgTable('push_rules', {
  userId: text('user_id').primaryKey(),
  rules: text().notNull(),
  pos: bigint({ mode: 'number' }).notNull(),
});

export const readMarker = pgTable(
  'read_marker',
  {
    userId: text('user_id').notNull(),
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    thread: integer().notNull(),
    seq: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.roomNid, table.thread], name: 'read_marker_pkey' })],
);

export const receipt = pgTable(
  'receipt',
  {
    roomId: text('room_id').notNull(),
    userId: text('user_id').notNull(),
    type: text().notNull(),
    threadId: text('thread_id').notNull(),
    eventId: text('event_id').notNull(),
    seq: integer(),
    ts: bigint({ mode: 'number' }).notNull(),
    pos: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.roomId, table.userId, table.type, table.threadId], name: 'receipt_pkey' }),
    index('receipt_by_pos').using('btree', table.roomId.asc().nullsLast(), table.pos.asc().nullsLast()),
  ],
);

export const redaction = pgTable(
  'redaction',
  {
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    targetNum: integer('target_num').notNull(),
    byNum: integer('by_num').notNull(),
    original: text(),
    redactedTs: bigint('redacted_ts', { mode: 'number' }).notNull(),
  },
  (table) => [primaryKey({ columns: [table.roomNid, table.targetNum], name: 'redaction_pkey' })],
);

export const refreshToken = pgTable(
  'refresh_token',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    hash: customType({ dataType: () => 'bytea' })().notNull(),
    userId: text('user_id').notNull(),
    deviceId: text('device_id').notNull(),
    createdTs: bigint('created_ts', { mode: 'number' }).notNull(),
    expiresTs: bigint('expires_ts', { mode: 'number' }),
    replaces: bigint({ mode: 'number' }),
  },
  (table) => [
    foreignKey({
      columns: [table.userId, table.deviceId],
      foreignColumns: [device.userId, device.deviceId],
      name: 'refresh_token_user_id_device_id_fkey',
    }).onDelete('cascade'),
    index('refresh_token_by_device').using('btree', table.userId.asc().nullsLast(), table.deviceId.asc().nullsLast()),
    index('refresh_token_by_replaced').using('btree', table.replaces.asc().nullsLast()).where(sql`(replaces IS NOT NULL)`),
    unique('refresh_token_hash_key').on(table.hash),
  ],
);

export const registrationToken = pgTable('registration_token', {
  token: text().primaryKey(),
  usesAllowed: integer('uses_allowed'),
  completed: integer().default(0).notNull(),
  expiryTs: bigint('expiry_ts', { mode: 'number' }),
  createdTs: bigint('created_ts', { mode: 'number' }).notNull(),
  makesAdmin: boolean('makes_admin').default(false).notNull(),
});

export const relation = pgTable(
  'relation',
  {
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    num: integer().notNull(),
    parentId: text('parent_id').notNull(),
    relType: text('rel_type').notNull(),
    depth: bigint({ mode: 'number' }).notNull(),
    sender: text().notNull(),
    type: text().notNull(),
    key: text(),
    replaces: boolean().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.roomNid, table.num], name: 'relation_pkey' }),
    index('relation_by_parent').using(
      'btree',
      table.roomNid.asc().nullsLast(),
      table.parentId.asc().nullsLast(),
      table.relType.asc().nullsLast(),
      table.depth.asc().nullsLast(),
      table.num.asc().nullsLast(),
    ),
  ],
);

export const report = pgTable(
  'report',
  {
    id: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    receivedTs: bigint('received_ts', { mode: 'number' }).notNull(),
    kind: text().notNull(),
    reporter: text().notNull(),
    roomId: text('room_id'),
    eventId: text('event_id'),
    userId: text('user_id'),
    reason: text(),
  },
  (table) => [
    index('report_by_kind').using('btree', table.kind.asc().nullsLast(), table.id.asc().nullsLast()),
    check('report_kind_check', sql`(kind = ANY (ARRAY['room'::text, 'event'::text, 'user'::text]))`),
  ],
);

export const room = pgTable(
  'room',
  {
    nid: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    roomId: text('room_id').notNull(),
    version: text().notNull(),
    shard: smallint().notNull(),
    lastNum: integer('last_num').notNull(),
    lastSeq: integer('last_seq').notNull(),
    firstSeq: integer('first_seq').default(0).notNull(),
    headSg: integer('head_sg').notNull(),
    lastSg: integer('last_sg').notNull(),
    lastSkn: integer('last_skn').notNull(),
    forward: integer().array().notNull(),
    maxDepth: bigint('max_depth', { mode: 'number' }).notNull(),
    flags: integer().default(0).notNull(),
    createdTs: bigint('created_ts', { mode: 'number' }).notNull(),
  },
  (table) => [unique('room_room_id_key').on(table.roomId)],
);

export const roomAlias = pgTable(
  'room_alias',
  {
    alias: text().primaryKey(),
    roomId: text('room_id').notNull(),
    creator: text().notNull(),
    createdTs: bigint('created_ts', { mode: 'number' }).notNull(),
  },
  (table) => [index('room_alias_by_room').using('btree', table.roomId.asc().nullsLast())],
);

export const roomState = pgTable(
  'room_state',
  {
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    skn: integer().notNull(),
    type: text().notNull(),
    stateKey: text('state_key').notNull(),
    num: integer(),
  },
  (table) => [
    primaryKey({ columns: [table.roomNid, table.skn], name: 'room_state_pkey' }),
    uniqueIndex('room_state_by_key').using(
      'btree',
      table.roomNid.asc().nullsLast(),
      table.type.asc().nullsLast(),
      table.stateKey.asc().nullsLast(),
    ),
  ],
);

export const schemaCompat = pgTable(
  'schema_compat',
  {
    onlyRow: boolean('only_row').default(true).primaryKey(),
    compat: integer().notNull(),
  },
  () => [check('schema_compat_only_row_check', sql`only_row`)],
);

export const schemaMigration = pgTable('schema_migration', {
  number: integer().primaryKey(),
  name: text().notNull(),
  appliedAt: timestamp('applied_at', { withTimezone: true }).default(sql`now()`).notNull(),
});

export const shardLease = pgTable('shard_lease', {
  shard: smallint().primaryKey(),
  slot: smallint().notNull(),
  epoch: bigint({ mode: 'number' }).notNull(),
  expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
});

export const stateGroup = pgTable(
  'state_group',
  {
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    sg: integer().notNull(),
    height: integer().notNull(),
    path: integer().array().notNull(),
    isFull: boolean('is_full').notNull(),
    delta: integer().array().notNull(),
  },
  (table) => [primaryKey({ columns: [table.roomNid, table.sg], name: 'state_group_pkey' })],
);

export const thread = pgTable(
  'thread',
  {
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    rootId: text('root_id').notNull(),
    depth: bigint({ mode: 'number' }).notNull(),
    num: integer().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.roomNid, table.rootId], name: 'thread_pkey' }),
    index('thread_by_newest').using('btree', table.roomNid.asc().nullsLast(), table.depth.asc().nullsLast(), table.num.asc().nullsLast()),
  ],
);

export const threadParticipant = pgTable(
  'thread_participant',
  {
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    rootId: text('root_id').notNull(),
    sender: text().notNull(),
    replies: integer().notNull(),
    depth: bigint({ mode: 'number' }).notNull(),
    num: integer().notNull(),
  },
  (table) => [primaryKey({ columns: [table.roomNid, table.rootId, table.sender], name: 'thread_participant_pkey' })],
);

export const threepid = pgTable(
  'threepid',
  {
    medium: text().notNull(),
    address: text().notNull(),
    userId: text('user_id').notNull(),
    validatedTs: bigint('validated_ts', { mode: 'number' }).notNull(),
    addedTs: bigint('added_ts', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.medium, table.address], name: 'threepid_pkey' }),
    foreignKey({
      columns: [table.userId],
      foreignColumns: [account.userId],
      name: 'threepid_user_id_fkey',
    }).onDelete('cascade'),
    index('threepid_by_user').using('btree', table.userId.asc().nullsLast()),
  ],
);

export const toDevice = pgTable(
  'to_device',
  {
    userId: text('user_id').notNull(),
    deviceId: text('device_id').notNull(),
    pos: bigint({ mode: 'number' }).notNull(),
    json: text().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.deviceId, table.pos], name: 'to_device_pkey' })],
);

export const toDeviceTxn = pgTable(
  'to_device_txn',
  {
    userId: text('user_id').notNull(),
    scope: text().notNull(),
    eventType: text('event_type').notNull(),
    txnId: text('txn_id').notNull(),
    pos: bigint({ mode: 'number' }).notNull(),
    ts: bigint({ mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.scope, table.eventType, table.txnId], name: 'to_device_txn_pkey' }),
    index('to_device_txn_by_ts').using('brin', table.ts.asc().nullsLast()),
  ],
);

export const txnId = pgTable(
  'txn_id',
  {
    userNid: bigint('user_nid', { mode: 'number' }).notNull(),
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    ts: bigint({ mode: 'number' }).notNull(),
    num: integer().notNull(),
    scope: text().notNull(),
    txnId: text('txn_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userNid, table.scope, table.roomNid, table.txnId], name: 'txn_id_pkey' }),
    index('txn_id_by_event').using('btree', table.roomNid.asc().nullsLast(), table.num.asc().nullsLast()),
    index('txn_id_by_ts').using('brin', table.ts.asc().nullsLast()),
  ],
);

export const uiaSession = pgTable(
  'uia_session',
  {
    id: text().primaryKey(),
    action: text().notNull(),
    userId: text('user_id'),
    createdTs: bigint('created_ts', { mode: 'number' }).notNull(),
    completed: text().array().default([]).notNull(),
    registrationToken: text('registration_token'),
    data: text().default('{}').notNull(),
  },
  (table) => [
    index('uia_session_by_age').using('btree', table.createdTs.asc().nullsLast()),
    index('uia_session_by_token').using('btree', table.registrationToken.asc().nullsLast()).where(sql`(registration_token IS NOT NULL)`),
  ],
);

export const unreadException = pgTable(
  'unread_exception',
  {
    userId: text('user_id').notNull(),
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    seq: integer().notNull(),
    num: integer().notNull(),
    thread: integer().notNull(),
    notify: smallint().notNull(),
    highlight: smallint().notNull(),
  },
  (table) => [primaryKey({ columns: [table.userId, table.roomNid, table.seq], name: 'unread_exception_pkey' })],
);

export const unreadMuted = pgTable(
  'unread_muted',
  {
    userId: text('user_id').notNull(),
    roomNid: bigint('room_nid', { mode: 'number' }).notNull(),
    fromSeq: integer('from_seq').notNull(),
    toSeq: integer('to_seq'),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.roomNid, table.fromSeq], name: 'unread_muted_pkey' }),
    index('unread_muted_open').using('btree', table.roomNid.asc().nullsLast()).where(sql`(to_seq IS NULL)`),
  ],
);

export const userFilter = pgTable(
  'user_filter',
  {
    userId: text('user_id').notNull(),
    filterId: text('filter_id').notNull(),
    json: text().notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.filterId], name: 'user_filter_pkey' }),
    foreignKey({
      columns: [table.userId],
      foreignColumns: [account.userId],
      name: 'user_filter_user_id_fkey',
    }).onDelete('cascade'),
  ],
);

export const userNid = pgTable(
  'user_nid',
  {
    nid: bigint({ mode: 'number' }).primaryKey().generatedAlwaysAsIdentity(),
    userId: text('user_id').notNull(),
  },
  (table) => [unique('user_nid_user_id_key').on(table.userId)],
);

export const writerSlot = pgTable('writer_slot', {
  slot: smallint().primaryKey(),
  epoch: bigint({ mode: 'number' }).notNull(),
  node: text().notNull(),
  expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
});
