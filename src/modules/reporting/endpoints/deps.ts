import { Type } from 'typebox';
import type { Clock } from '../../../platform/clock.ts';
import { endpointFactory } from '../../../plugin-api/endpoint.ts';
import type { RoomsPort, UsersPort } from '../../../plugin-api/ports.ts';
import type { ReportStore } from '../store.ts';

export interface ReportingDeps {
  readonly store: ReportStore;
  readonly rooms: RoomsPort;
  readonly users: UsersPort;
  readonly clock: Clock;
}

export const reportingEndpoint = endpointFactory<ReportingDeps>();

/** Characters of a reason. */
const REASON_LENGTH_MAX = 10_000;

/** May be blank. */
export const Reason = Type.String({ maxLength: REASON_LENGTH_MAX });
