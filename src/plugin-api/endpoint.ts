import type { Readable } from 'node:stream';
import type { Static, TSchema } from 'typebox';
import type { DeviceId, EventId, RoomAlias, RoomId, ServerName, UserId } from '../core/ids/brands.ts';
import type { JsonObject } from '../core/json/json-value.ts';

export type Method = 'GET' | 'PUT' | 'POST' | 'DELETE' | 'HEAD';

/**
 * Who may call an endpoint.
 * - `none`: anybody; an access token is not looked at.
 * - `optional`: anybody; a token that is sent must be valid.
 * - `user`: a full account's access token. `guest`: guests too. `admin`: a server admin.
 * - `appservice`: an application service's own token. `server`: a request signed by another homeserver.
 */
export type AuthKind = 'none' | 'optional' | 'user' | 'guest' | 'admin' | 'appservice' | 'server';

/** The authenticated caller. */
export interface Requester {
  readonly userId: UserId;
  /** `null` for tokens without a device (application services, admin tokens). */
  readonly deviceId: DeviceId | null;
  /** Access-token row id; transaction ids without a device are scoped to it. */
  readonly tokenId: number;
  readonly isGuest: boolean;
  readonly isAdmin: boolean;
  /** Locked accounts are refused by the pipeline; suspended ones are refused by what they may not do. */
  readonly isSuspended: boolean;
  readonly appserviceId: string | null;
}

/** Path parameters by name. Known names are parsed by the pipeline (400 `M_INVALID_PARAM` when they are malformed). */
interface ParamTypes {
  roomId: RoomId;
  userId: UserId;
  eventId: EventId;
  roomAlias: RoomAlias;
  serverName: ServerName;
  deviceId: DeviceId;
}

type ParamNames<Path extends string> = Path extends `${string}:${infer Rest}`
  ? Rest extends `${infer Name}/${infer Tail}`
    ? Name | ParamNames<Tail>
    : Rest
  : never;

export type Params<Path extends string> = {
  readonly [Name in ParamNames<Path>]: Name extends keyof ParamTypes ? ParamTypes[Name] : string;
};

/** What a handler may want to know of the request besides its parameters. */
export interface RequestInfo {
  readonly method: Method;
  readonly path: string;
  readonly headers: { readonly [name: string]: string | string[] | undefined };
  /** Client address after trusted proxies. */
  readonly ip: string;
  readonly userAgent: string;
  /** Aborted when the client goes away. */
  readonly signal: AbortSignal;
  /** The unread body; only for endpoints with `body: 'stream'`. */
  readonly stream: Readable | null;
  readonly contentLength: number | null;
}

export interface EndpointContext<Deps, Path extends string, Body, Auth extends AuthKind> {
  readonly deps: Deps;
  readonly requester: Auth extends 'none' | 'server' ? null : Auth extends 'optional' ? Requester | null : Requester;
  /** The verified origin of a federation request; `null` on every other endpoint. */
  readonly origin: Auth extends 'server' ? ServerName : null;
  readonly params: Params<Path>;
  readonly query: URLSearchParams;
  readonly body: Body;
  readonly request: RequestInfo;
}

/** Marks replies. A symbol, because answers are often content that strangers wrote, and JSON has no symbols. */
const REPLY = Symbol('reply');

/** An answer that is more than a 200 with a JSON object; made with `reply`. */
export interface HttpReply {
  readonly [REPLY]: true;
  readonly status: number;
  readonly headers?: { readonly [name: string]: string };
  /** A string is sent as it is (JSON text unless a content-type header says otherwise). */
  readonly body?: JsonObject | string | Uint8Array | Readable | null;
}

export function reply(options: Omit<HttpReply, typeof REPLY>): HttpReply {
  return { [REPLY]: true, ...options };
}

export function isReply(answer: JsonObject | HttpReply): answer is HttpReply {
  return REPLY in answer;
}

/** The names come first: a string is a TSchema too, as far as its type goes. */
type BodyOf<Schema> = Schema extends 'json'
  ? JsonObject
  : Schema extends 'stream' | undefined
    ? null
    : Schema extends TSchema
      ? Static<Schema>
      : null;

/**
 * One endpoint as a row of data: it builds the router, the rate-limit bucket, the metric label, the coverage page and the contract suite.
 * `/_matrix/client/v3/…` paths answer under `/r0/` too, and `/_matrix/media/v3/…` under `/r0/` and `/v1/`.
 */
export interface EndpointSpec<Deps, Path extends string, Schema extends TSchema | 'json' | 'stream' | undefined, Auth extends AuthKind> {
  readonly method: Method;
  /** koa-router form: `/_matrix/client/v3/rooms/:roomId/leave`. */
  readonly path: Path;
  /** Further paths (unstable or older spellings) with the same parameters. */
  readonly aliases?: readonly string[];
  readonly auth: Auth;
  /** Rate-limit bucket, see `rate_limits` in the config. */
  readonly limit?: string;
  /**
   * typebox schema of the parts of the body that the server reads, `'json'` for any JSON object, `'stream'` for a raw body.
   * Absent: the body is ignored.
   */
  readonly body?: Schema;
  /** Bytes; default `http.max_body_bytes`. */
  readonly bodyLimit?: number;
  /** An empty body counts as `{}`. */
  readonly bodyOptional?: boolean;
  /** Suspended accounts may call it (reading, leaving, redacting own events). Default: GET true, everything else false. */
  readonly whileSuspended?: boolean;
  readonly response?: TSchema;
  readonly handler: (
    context: EndpointContext<Deps, Path, BodyOf<Schema>, Auth>,
  ) => Promise<JsonObject | HttpReply> | JsonObject | HttpReply;
}

/** An endpoint whose types have been checked and whose deps are bound by `host.endpoints`. */
export type AnyEndpoint<Deps> = EndpointSpec<Deps, string, TSchema | 'json' | 'stream' | undefined, AuthKind>;

/**
 * `const defineEndpoint = endpointFactory<MyDeps>()`, then one `defineEndpoint({ … })` per endpoint.
 * The two steps let TypeScript infer path parameters and body while the deps are named.
 */
export function endpointFactory<Deps>() {
  return <const Path extends string, const Auth extends AuthKind, Schema extends TSchema | 'json' | 'stream' | undefined = undefined>(
    spec: EndpointSpec<Deps, Path, Schema, Auth>,
  ): AnyEndpoint<Deps> => spec as unknown as AnyEndpoint<Deps>;
}
