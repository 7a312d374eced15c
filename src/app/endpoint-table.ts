import { bindEndpoints, type BoundEndpoint } from '../http/bound-endpoint.ts';
import { createRoom } from '../http/endpoints/client/rooms/create-room.ts';
import { roomEndpoints } from '../http/endpoints/client/rooms/index.ts';
import { upgradeRoom, type UpgradeRoomDeps } from '../http/endpoints/client/rooms/upgrade-room.ts';
import { defineFilter } from '../http/endpoints/client/filter/define-filter.ts';
import type { FilterDeps } from '../http/endpoints/client/filter/filter-deps.ts';
import { getFilter } from '../http/endpoints/client/filter/get-filter.ts';
import { initialSync } from '../http/endpoints/client/initial-sync.ts';
import { sync } from '../http/endpoints/client/sync.ts';
import { type CoreEndpointDeps, coreEndpoints } from '../http/endpoints/core-endpoints.ts';
import type { SyncService } from '../sync/sync-service.ts';

export type TableDeps = CoreEndpointDeps & UpgradeRoomDeps & FilterDeps & { readonly sync: SyncService };

/** All endpoints that are not a module's. */
export function ownEndpoints(deps: TableDeps): BoundEndpoint[] {
  return [
    ...coreEndpoints(deps),
    ...bindEndpoints('rooms', [createRoom], deps),
    ...bindEndpoints('rooms', [upgradeRoom], deps),
    ...bindEndpoints('rooms', roomEndpoints, deps),
    ...bindEndpoints('sync', [sync], deps),
    ...bindEndpoints('sync', [initialSync], deps),
    ...bindEndpoints('sync', [defineFilter, getFilter], deps),
  ];
}
