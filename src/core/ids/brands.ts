/** Identifiers are branded at the edge: a RoomId cannot be passed where an EventId is wanted. See the parse functions beside this file. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `@localpart:domain` */
export type UserId = Branded<'UserId'>;
/** `!opaque:domain` up to version 11, `!hash` from version 12. */
export type RoomId = Branded<'RoomId'>;
/** `$opaque:domain` in versions 1 and 2, `$hash` from version 3. */
export type EventId = Branded<'EventId'>;
/** `#localpart:domain` */
export type RoomAlias = Branded<'RoomAlias'>;
/** `host[:port]` */
export type ServerName = Branded<'ServerName'>;
/** Opaque, at most 255 bytes. */
export type DeviceId = Branded<'DeviceId'>;
