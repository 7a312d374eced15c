import { MatrixError } from '../core/errors/matrix-error.ts';
import type { DeviceId, UserId } from '../core/ids/brands.ts';
import type { Clock } from '../platform/clock.ts';
import type { AccountsReader } from '../storage/accounts/reader.ts';
import type { DeviceRow } from '../storage/accounts/rows.ts';
import type { TokensTransactor } from '../storage/accounts/tokens-transactor.ts';
import type { AccountsTransactor } from '../storage/accounts/transactor.ts';
import type { AccessTokens } from './access-tokens.ts';
import type { AccountHooks } from './ports.ts';
import { deviceDisplayName } from './sign-in.ts';

/** Devices of local users. Whoever changes one is told to the plug-ins, which keep keys and device lists. */
export class Devices {
  readonly #deps: {
    readonly reader: AccountsReader;
    readonly transactor: AccountsTransactor;
    readonly tokensTransactor: TokensTransactor;
    readonly tokens: AccessTokens;
    readonly hooks: AccountHooks;
    readonly clock: Clock;
  };

  constructor(deps: {
    reader: AccountsReader;
    transactor: AccountsTransactor;
    tokensTransactor: TokensTransactor;
    tokens: AccessTokens;
    hooks: AccountHooks;
    clock: Clock;
  }) {
    this.#deps = deps;
  }

  list(userId: UserId): Promise<DeviceRow[]> {
    return this.#deps.reader.devices(userId);
  }

  get(userId: UserId, deviceId: DeviceId): Promise<DeviceRow | null> {
    return this.#deps.reader.device(userId, deviceId);
  }

  /** @throws MatrixError `M_NOT_FOUND` */
  async rename(options: { userId: UserId; deviceId: DeviceId; displayName: string }): Promise<void> {
    const { userId, deviceId } = options;
    const renamed = await this.#deps.transactor.renameDevice({ userId, deviceId, displayName: deviceDisplayName(options.displayName) });
    if (!renamed) throw new MatrixError('M_NOT_FOUND', 'No such device');
    await this.#deps.hooks.emit('deviceChanged', { userId, deviceId });
  }

  /** A device that comes without a sign-in. True when it was made now. */
  async ensure(options: { userId: UserId; deviceId: DeviceId; displayName: string | undefined }): Promise<boolean> {
    const { userId, deviceId } = options;
    const displayName = deviceDisplayName(options.displayName);
    const made = await this.#deps.transactor.ensureDevice({ userId, deviceId, displayName, now: this.#deps.clock.now() });
    if (made) await this.#deps.hooks.emit('deviceChanged', { userId, deviceId });
    return made;
  }

  /** Deletes devices with all their tokens. Unknown ids are ignored. */
  async delete(userId: UserId, deviceIds: readonly DeviceId[]): Promise<void> {
    await this.#announce(userId, await this.#deps.transactor.deleteDevices({ userId, deviceIds }));
  }

  /** Everything but the caller's own device and token: after a change of password, or all of it at `logout/all`. */
  async deleteAll(userId: UserId, except: { deviceId: DeviceId | null; tokenId: number | null }): Promise<void> {
    const gone = await this.#deps.transactor.deleteDevices({ userId, deviceIds: null, keep: except.deviceId });
    await this.#deps.tokensTransactor.deleteDevicelessTokens(userId, except.tokenId);
    await this.#announce(userId, gone);
  }

  async #announce(userId: UserId, deviceIds: readonly DeviceId[]): Promise<void> {
    this.#deps.tokens.forget(userId);
    if (deviceIds.length > 0) await this.#deps.hooks.emit('deviceDeleted', { userId, deviceIds });
  }
}
