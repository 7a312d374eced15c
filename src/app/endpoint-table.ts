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

/** The whole table: the server's own endpoints, then the modules'. Requests of other servers cannot be verified yet, so theirs are left out. */
export function servedEndpoints(deps: TableDeps, ofModules: readonly BoundEndpoint[]): BoundEndpoint[] {
  return [...ownEndpoints(deps), ...ofModules].filter(({ spec }) => spec.auth !== 'server');
}

/** All endpoints that are not a module's. */
function ownEndpoints(deps: TableDeps): BoundEndpoint[] {
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
