import { definePlugin } from '../../plugin-api/plugin.ts';
import { postReceipt } from './endpoints/post-receipt.ts';
import { setReadMarker } from './endpoints/read-markers.ts';
import { Receipts } from './receipts.ts';
import { receiptsStream } from './receipts-stream.ts';
import { receiveReceipts } from './receive-receipts.ts';
import { ReceiptsStore } from './store.ts';

/** Read receipts and fully read markers. https://spec.matrix.org/v1.19/client-server-api/#receipts */
export default definePlugin({
  name: 'receipts',
  api: 1,
  setup(host) {
    const store = new ReceiptsStore(host.db);
    const receipts = new Receipts({ store, commits: host.commits });
    host.stream(receiptsStream(receipts, store));
    host.edu('m.receipt', (content, origin) => receiveReceipts({ receipts, rooms: host.rooms }, content, origin));
    host.endpoints([postReceipt, setReadMarker], {
      receipts,
      rooms: host.rooms,
      clock: host.clock,
      pushRules: () => host.slot('pushRules'),
      accountData: () => host.slot('accountData'),
    });
    host.onStart(async () => receipts.start());
  },
});
