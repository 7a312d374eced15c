import { ban, forgetRoom, inviteUser, kick, leaveRoom, unban } from './change-membership.ts';
import { joinRoom, joinRoomById } from './join-room.ts';
import { sendMessage } from './send-message.ts';
import { setRoomState, setRoomStateWithKey } from './set-state.ts';

/** Endpoints about rooms that need nothing but `RoomEndpointDeps`. */
export const roomEndpoints = [
  joinRoom,
  joinRoomById,
  leaveRoom,
  forgetRoom,
  inviteUser,
  kick,
  ban,
  unban,
  sendMessage,
  setRoomState,
  setRoomStateWithKey,
];
