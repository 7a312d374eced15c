import { Type } from 'typebox';
import { MatrixError } from '../../core/errors/matrix-error.ts';
import { definePlugin } from '../../plugin-api/plugin.ts';
import { deleteProfileField } from './endpoints/delete-profile-field.ts';
import type { ProfileDeps } from './endpoints/deps.ts';
import { queryProfile } from './endpoints/federation-query-profile.ts';
import { getProfileField, getUserProfile } from './endpoints/get-profile.ts';
import { setProfileField } from './endpoints/set-profile-field.ts';
import { Profiles } from './profiles.ts';
import { ProfileStore } from './store.ts';

const ProfileConfig = Type.Object({
  disallowed: Type.Array(Type.String(), {
    default: [],
    description: 'Profile fields that users cannot change themselves, for instance displayname where names come from a directory.',
  }),
});

/** Fields that member events carry. */
const MEMBER_FIELDS: ReadonlySet<string> = new Set(['displayname', 'avatar_url']);

/** Profiles. https://spec.matrix.org/v1.19/client-server-api/#profiles */
export default definePlugin({
  name: 'profile',
  api: 1,
  config: ProfileConfig,
  setup(host) {
    const profiles = new Profiles({
      store: new ProfileStore(host.db),
      commits: host.commits,
      users: host.users,
      remote: () => host.slot('remoteProfiles'),
    });
    const disallowed = new Set(host.config.disallowed);
    const change: ProfileDeps['change'] = async (userId, field, value) => {
      const verdict = await host.check('checkProfile', { userId, field, value });
      if (!verdict.allow) throw new MatrixError(verdict.errcode, verdict.reason);
      if (!(await profiles.set(userId, field, value))) return;
      if (MEMBER_FIELDS.has(field)) await host.rooms.propagateProfile(userId);
      await host.emit('profileChanged', { userId, fields: [field] });
    };
    host.provide('profile', profiles);
    host.endpoints([getUserProfile, getProfileField, setProfileField, deleteProfileField, queryProfile], { profiles, disallowed, change });
    host.capability('m.profile_fields', () => ({ enabled: true, ...(disallowed.size === 0 ? {} : { disallowed: [...disallowed] }) }));
    host.capability('m.set_displayname', () => ({ enabled: !disallowed.has('displayname') }));
    host.capability('m.set_avatar_url', () => ({ enabled: !disallowed.has('avatar_url') }));
    host.unstableFeature('uk.tcpip.msc4133');
    host.unstableFeature('uk.tcpip.msc4133.stable');
    host.on('userDeactivated', async ({ userId, erase }) => {
      if (!erase) return;
      await profiles.clear(userId);
      await host.emit('profileChanged', { userId, fields: [...MEMBER_FIELDS] });
    });
    host.onStart(async () => profiles.start());
  },
});
