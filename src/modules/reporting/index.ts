import { definePlugin } from '../../plugin-api/plugin.ts';
import { adminDeleteEventReport, adminGetEventReport, adminListEventReports } from './endpoints/admin-event-reports.ts';
import { reportEvent } from './endpoints/report-event.ts';
import { reportRoom } from './endpoints/report-room.ts';
import { reportUser } from './endpoints/report-user.ts';
import { ReportStore } from './store.ts';

/** Reports of rooms, events and users, kept for the admins. https://spec.matrix.org/v1.19/client-server-api/#reporting-content */
export default definePlugin({
  name: 'reporting',
  api: 1,
  setup(host) {
    host.endpoints([reportRoom, reportEvent, reportUser, adminListEventReports, adminGetEventReport, adminDeleteEventReport], {
      store: new ReportStore(host.db),
      rooms: host.rooms,
      users: host.users,
      clock: host.clock,
    });
  },
});
