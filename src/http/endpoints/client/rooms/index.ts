import { ban, forgetRoom, inviteUser, kick, leaveRoom, unban } from './change-membership.ts';
import { getContext } from './get-context.ts';
import { getEvent } from './get-event.ts';
import { getEvents, getOneEvent } from './get-events.ts';
import { getJoinedMembers, getJoinedRooms, getMembers } from './get-members.ts';
import { getMessages } from './get-messages.ts';
import { getRoomState, getState, getStateWithKey } from './get-state.ts';
import { joinRoom, joinRoomById } from './join-room.ts';
import { knockRoom } from './knock-room.ts';
import { getDirectoryVisibility, getPublicRooms, queryPublicRooms, setDirectoryVisibility } from './public-rooms.ts';
import { redactEvent } from './redact-event.ts';
import { roomInitialSync } from './room-initial-sync.ts';
import { deleteRoomAlias, getLocalAliases, getRoomAlias, setRoomAlias } from './room-alias.ts';
import { sendMessage } from './send-message.ts';
import { setRoomState, setRoomStateWithKey } from './set-state.ts';
import { timestampToEvent } from './timestamp-to-event.ts';

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
  getRoomState,
  getState,
  getStateWithKey,
  getEvent,
  getContext,
  getMessages,
  getMembers,
  getJoinedMembers,
  getJoinedRooms,
  timestampToEvent,
  redactEvent,
  knockRoom,
  getRoomAlias,
  setRoomAlias,
  deleteRoomAlias,
  getLocalAliases,
  getPublicRooms,
  queryPublicRooms,
  getDirectoryVisibility,
  setDirectoryVisibility,
  roomInitialSync,
  getEvents,
  getOneEvent,
];
