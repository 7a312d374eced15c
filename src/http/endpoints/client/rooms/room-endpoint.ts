import type { RoomId, UserId } from '../../../../core/ids/brands.ts';
import type { Clock } from '../../../../platform/clock.ts';
import type { Logger } from '../../../../platform/logger.ts';
import type { Requester } from '../../../../plugin-api/endpoint.ts';
import { endpointFactory } from '../../../../plugin-api/endpoint.ts';
import type { ServerFacts } from '../../../../plugin-api/plugin.ts';
import type { RelationsSlot } from '../../../../plugin-api/slots.ts';
import type { ClientEventSerializer, EventViewer } from '../../../../rooms/client-event/client-event-serializer.ts';
import type { RoomReader } from '../../../../rooms/room-reader.ts';
import type { GuestAccess } from '../../../../rooms/service/guest-access.ts';
import type { RoomAliases } from '../../../../rooms/service/room-aliases.ts';
import type { RoomWaiters } from '../../../../rooms/service/room-waiters.ts';
import type { RoomsService } from '../../../../rooms/service/rooms-service.ts';
import type { DirectorySql } from '../../../../storage/rooms/directory-sql.ts';

type Incoming = Awaited<ReturnType<RelationsSlot['incoming']>>;

export interface RoomEndpointDeps {
  readonly rooms: RoomsService;
  readonly reader: RoomReader;
  readonly directory: DirectorySql;
  readonly aliases: RoomAliases;
  readonly guests: GuestAccess;
  readonly waiters: RoomWaiters;
  readonly serializer: ClientEventSerializer;
  readonly server: ServerFacts;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whom a user ignores. */
  readonly ignoredBy: (userId: UserId) => ReadonlySet<UserId> | Promise<ReadonlySet<UserId>>;
  /** Relations that point at events, for filters that ask for them. */
  readonly incomingRelations: (roomId: RoomId, nums: readonly number[]) => Incoming | Promise<Incoming>;
}

/** `defineEndpoint` for endpoints about rooms. */
export const roomEndpoint = endpointFactory<RoomEndpointDeps>();

/** Scope of a caller's transaction ids: the device, or the token where there is no device. */
export function txnScopeOf(requester: Requester): string {
  return requester.deviceId ?? `token:${requester.tokenId}`;
}

export function viewerOf(requester: Requester): EventViewer {
  return { userId: requester.userId, txnScope: txnScopeOf(requester) };
}
