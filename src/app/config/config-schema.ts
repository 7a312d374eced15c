import { type Static, Type } from 'typebox';
import type { SchemaNode } from './schema-node.ts';

/**
 * Every key of the configuration, with its type, default and documentation. `config.example.yaml`, the checks at start and
 * the type `Config` come from here. Times are in milliseconds and sizes in bytes unless a key says otherwise.
 *
 * `secret: true`: the value never reaches a log, and may come from a file through `WEFT__…_FILE`.
 */
const section = <P extends Parameters<typeof Type.Object>[0]>(description: string, properties: P) =>
  Type.Object(properties, { description, default: {} });
const text = (description: string, options: object = {}) => Type.String({ description, minLength: 1, ...options });
const flag = (description: string, value: boolean) => Type.Boolean({ description, default: value });
const whole = (description: string, value: number, options: { minimum?: number; maximum?: number } = {}) =>
  Type.Integer({ description, default: value, minimum: 0, ...options });
const texts = (description: string, value: string[] = [], options: object = {}) =>
  Type.Array(Type.String({ minLength: 1 }), { description, default: value, ...options });
const oneOf = <const V extends readonly string[]>(values: V, options: object = {}) =>
  Type.Unsafe<V[number]>({ type: 'string', enum: [...values], ...options });
const choice = <const V extends readonly string[]>(description: string, values: V, value: V[number]) =>
  oneOf(values, { description, default: value });
const maybe = Type.Optional;

const SERVED_APIS = ['client', 'federation', 'media', 'admin', 'metrics'] as const;

const Listener = Type.Object({
  port: Type.Integer({ description: 'TCP port.', minimum: 0, maximum: 65535 }),
  bind: Type.Union([Type.String({ minLength: 1 }), Type.Array(Type.String({ minLength: 1 }), { minItems: 1 })], {
    description: 'Address or addresses to listen on; `::` is every address of the machine, IPv4 too.',
    default: '::',
  }),
  tls: maybe(
    Type.Object(
      { cert_file: text('PEM file: the certificate and its chain.'), key_file: text('PEM file: the private key.') },
      { description: 'Serve HTTPS. The files are read again when they change. Without it: HTTP, for a reverse proxy.' },
    ),
  ),
  serve: Type.Array(oneOf(SERVED_APIS), {
    description: 'What is served here. `metrics` (GET /metrics) belongs on a private address.',
    default: ['client', 'federation', 'media', 'admin'],
    minItems: 1,
  }),
});

const bucket = (description: string, perSecond: number, burst: number) =>
  Type.Object(
    {
      per_second: Type.Number({ description: 'Requests per second in the long run.', default: perSecond, exclusiveMinimum: 0 }),
      burst: Type.Integer({ description: 'Requests at once after a pause.', default: burst, minimum: 1 }),
    },
    { description, default: {} },
  );

const Module = Type.Object({
  path: maybe(text('File of the plug-in, or')),
  package: maybe(text('npm package of the plug-in.')),
  config: maybe(Type.Record(Type.String(), Type.Unknown(), { description: "The plug-in's own settings." })),
});

const S3 = Type.Object(
  {
    bucket: text('Name of the bucket.'),
    region: text('Region.', { default: 'us-east-1' }),
    endpoint: maybe(text('URL of a service other than AWS.')),
    prefix: Type.String({ description: 'Put before every object name.', default: '' }),
    access_key_id: maybe(text('Without it: the usual AWS environment.', { secret: true })),
    secret_access_key: maybe(text('Belongs to access_key_id.', { secret: true })),
  },
  { description: 'Where media lives when the store is s3.' },
);

export const ConfigSchema = Type.Object({
  server_name: text('The name behind the colon in user ids. It can never be changed once accounts or rooms exist.', {
    default: 'localhost',
  }),
  public_base_url: maybe(
    text('URL under which clients reach this server. Default: https://<server_name>, and http://localhost:<port> for localhost.'),
  ),
  data_dir: text('Folder for the signing key, media and the embedded database. Relative to the working directory.', { default: './data' }),
  signing_key_file: maybe(
    text('Signing keys of the server, in the format of Synapse. Default: <data_dir>/signing.key, made at the first start.'),
  ),

  database: section('PostgreSQL 15 or newer.', {
    url: maybe(
      text('postgres://user:password@host/database. Without it the server starts its own PostgreSQL in data_dir.', { secret: true }),
    ),
    max_connections: whole('Connections for reads; a few more are used for writes.', 6, { minimum: 1, maximum: 1000 }),
  }),

  listeners: Type.Array(Listener, {
    description: 'Where to listen. By default only this machine can connect.',
    default: [{ port: 8008, bind: ['127.0.0.1', '::1'], serve: [...SERVED_APIS] }],
    minItems: 1,
  }),

  http: section('Limits of incoming HTTP.', {
    max_body_bytes: whole('Largest JSON body of a request.', 16 * 1024 * 1024, { minimum: 65_536 }),
    trusted_proxies: texts('Addresses or CIDR ranges of reverse proxies whose X-Forwarded-For is believed.', ['127.0.0.0/8', '::1/128']),
    drain_ms: whole('How long a stopping node waits for requests that are under way.', 5_000),
  }),

  registration: section('Who may make an account.', {
    enabled: flag('Open registration. While it is closed, tokens, the shared secret and the CLI still make accounts.', false),
    require: Type.Array(oneOf(['token', 'email', 'terms']), {
      description: 'What a new user must show: a registration token, an e-mail address, consent to the terms.',
      default: [],
      uniqueItems: true,
    }),
    shared_secret: maybe(text('Lets scripts make accounts through /_synapse/admin/v1/register.', { secret: true })),
    tokens: texts('Registration tokens that never end, besides those made by an admin.', [], { secret: true }),
    guests: flag('Let people read and join open rooms without an account.', false),
  }),

  password_policy: section('What a new password must be like.', {
    min_length: whole('Characters.', 8, { minimum: 1, maximum: 512 }),
    require_digit: flag('At least one digit.', false),
    require_symbol: flag('At least one character that is neither letter nor digit.', false),
    require_lowercase: flag('At least one lower-case letter.', false),
    require_uppercase: flag('At least one upper-case letter.', false),
  }),

  tokens: section('Lifetimes of access tokens.', {
    access_lifetime_ms: whole('Access tokens of clients that refresh them.', 300_000, { minimum: 1_000 }),
    refresh_lifetime_ms: maybe(
      Type.Integer({ description: 'Refresh tokens that are not used. Default: they do not end.', minimum: 1_000 }),
    ),
    session_lifetime_ms: maybe(
      Type.Integer({ description: 'Access tokens of clients that do not refresh. Default: they do not end.', minimum: 1_000 }),
    ),
  }),

  federation: section('Talking to other homeservers.', {
    enabled: flag('Off: this server is an island.', true),
    ca_files: texts('PEM files of certificate authorities that are trusted besides the public ones.'),
    allow_private_addresses: flag('Connect to servers in private networks too. Only for closed networks and tests.', false),
    allow_servers: maybe(Type.Array(Type.String(), { description: 'Talk to these servers only; * and ? are wildcards. Default: to all.' })),
    deny_servers: texts('Never talk to these servers; * and ? are wildcards.'),
    trusted_key_servers: texts('Servers that are asked for the keys of a server that does not answer.', ['matrix.org']),
    request_timeout_ms: whole('One request to another server; joins may take three times as long.', 60_000, { minimum: 1_000 }),
  }),

  well_known: section('What /.well-known/matrix says; it is served on every listener with the client API.', {
    server: maybe(text('host:port where other servers reach this one, when it is not <server_name>:8448.')),
    support_email: maybe(text('E-mail address of the admin.')),
    support_matrix_id: maybe(text('Matrix id of the admin.')),
    support_page: maybe(text('URL of a page with help.')),
  }),

  rate_limits: section('Per user, or per address where nobody is logged in. A refused request is answered 429 with retry_after_ms.', {
    enabled: flag('Off only for tests and trusted users.', true),
    default: bucket('Everything that has no bucket of its own.', 50, 200),
    message: bucket('Sending events.', 10, 30),
    create_room: bucket('Creating rooms.', 0.2, 10),
    join: bucket('Joining and knocking.', 0.5, 20),
    invite: bucket('Inviting.', 0.5, 20),
    login: bucket('Logging in, by address and by account.', 0.2, 10),
    registration: bucket('Making accounts, by address.', 0.1, 5),
    media_upload: bucket('Uploading files.', 1, 30),
    media_download: bucket('Downloading files and thumbnails.', 20, 200),
    search: bucket('Searching messages, users and the room directory.', 1, 20),
    keys: bucket('End-to-end keys.', 20, 200),
    to_device: bucket('Messages to devices.', 20, 100),
    presence: bucket('Setting presence, typing, receipts.', 10, 50),
    third_party: bucket('E-mail and phone number requests.', 0.05, 3),
    federation: bucket('Requests of one other server.', 50, 500),
  }),

  appservices: section('Bridges and bots with registration files.', {
    files: texts('Registration files (YAML).'),
  }),

  media: section('Uploaded files.', {
    store: choice('Where files are kept.', ['folder', 's3'], 'folder'),
    folder: maybe(text('Default: <data_dir>/media.')),
    s3: maybe(S3),
    max_upload_bytes: whole('Largest upload.', 100 * 1024 * 1024, { minimum: 1 }),
    max_image_pixels: whole('Larger images get no thumbnail.', 64_000_000, { minimum: 1 }),
    remote_lifetime_ms: whole(
      'Files of other servers that nobody asked for in this time are dropped and fetched again on demand.',
      90 * 86_400_000,
    ),
    unauthenticated_downloads: flag('Serve files under /_matrix/media/v3 without a token to everybody, new ones too.', false),
    allow_private_addresses: flag('Fetch files from servers in private networks.', false),
    url_previews: flag('Fetch pages that users link to, for previews.', false),
  }),

  rooms: section('Defaults for rooms made here.', {
    default_version: maybe(
      oneOf(['1', '2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'], {
        description: 'Default: the version that the specification recommends.',
      }),
    ),
    encryption: choice('Rooms that are encrypted from the start although the client did not ask for it.', ['off', 'private', 'all'], 'off'),
  }),

  presence: section('Who is online.', { enabled: flag('Off saves work in large servers.', true) }),

  push: section('Push notifications.', {
    allow_private_addresses: flag('Let push gateways be in private networks.', false),
  }),

  turn: section('Relays for calls.', {
    uris: texts('turn: and turns: URIs.'),
    shared_secret: maybe(text('Shared with the relay; credentials are derived from it.', { secret: true })),
    ttl: whole('Lifetime of credentials, in seconds.', 86_400, { minimum: 1 }),
    username: maybe(text('Fixed credentials, where the relay has no shared secret.')),
    password: maybe(text('Belongs to username.', { secret: true })),
  }),

  email: section('Outgoing mail.', {
    smtp_url: maybe(text('smtp://user:password@host:587 or smtps://…', { secret: true })),
    from: maybe(text('Sender, e.g. Weft <matrix@example.org>.')),
  }),

  terms: section('Terms that new users accept when registration.require names them.', {
    name: text('Title.', { default: 'Terms of service' }),
    version: text('A new version is asked for again.', { default: '1' }),
    url: maybe(text('Page with the terms.')),
  }),

  modules: Type.Array(Module, { description: 'Plug-ins that are not built in, in the order of their hooks.', default: [] }),
  slots: Type.Record(Type.String(), Type.String(), {
    description: 'Slot → name of the plug-in that fills it, where several could.',
    default: {},
  }),

  log: section('The log goes to standard output.', {
    level: choice('The least important lines to show.', ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'], 'info'),
    format: choice('auto: JSON, and coloured text on a terminal.', ['auto', 'json', 'pretty'], 'auto'),
  }),
  metrics: section('GET /metrics for Prometheus, on listeners that serve metrics.', { enabled: flag('Collect and serve metrics.', true) }),
  tracing: section('OpenTelemetry traces.', {
    enabled: flag('Send traces.', false),
    endpoint: text('OTLP over HTTP.', { default: 'http://localhost:4318/v1/traces' }),
    sample_ratio: Type.Number({ description: 'Share of requests that are traced.', default: 0.01, minimum: 0, maximum: 1 }),
  }),
});

/** The configuration as it is written, defaults filled in. */
export type RawConfig = Static<typeof ConfigSchema>;

/** The same schema as plain JSON Schema, for tools that walk it. */
export const configSchemaRoot = JSON.parse(JSON.stringify(ConfigSchema)) as SchemaNode;
