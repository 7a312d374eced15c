import { definePlugin } from '../../plugin-api/plugin.ts';
import type { UserId } from '../../core/ids/brands.ts';
import { setTyping } from './endpoints/set-typing.ts';
import { receiveTyping } from './receive-typing.ts';
import { typingStream } from './typing-stream.ts';
import { TypingUsers } from './typing-users.ts';

/** Typing notifications. https://spec.matrix.org/v1.19/client-server-api/#typing-notifications */
export default definePlugin({
  name: 'typing',
  api: 1,
  setup(host) {
    const typing = new TypingUsers({ clock: host.clock, commits: host.commits, isLocal: (userId) => host.users.isLocal(userId) });
    host.stream(typingStream(typing, () => host.slot('ignoredUsers')));
    host.edu('m.typing', (content, origin) => receiveTyping({ typing, rooms: host.rooms }, content, origin));
    host.endpoints([setTyping], { typing, rooms: host.rooms });
    // Whoever has sent the message or has left the room types no more.
    host.observe({
      name: 'typing',
      writes: (event, content, room) => {
        if (event.type === 'm.room.message' || event.type === 'm.room.encrypted') typing.endSoon(room.info.roomId, event.sender);
        else if (event.type === 'm.room.member' && content['membership'] !== 'join')
          typing.endSoon(room.info.roomId, event.stateKey as UserId);
        return [];
      },
    });
    host.onStart(async () => typing.start());
    host.onStop(async () => typing.stop());
  },
});
