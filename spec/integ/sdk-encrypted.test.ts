// The harness first: it silences the SDK's log.
import { loginSession, registerSession, startClient } from '../support/sdk-client.ts';
import { type MatrixClient, MatrixEventEvent, Preset } from 'matrix-js-sdk';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { acquaint, backedUpKeys, bootstrap, compareEmoji, cryptoOf, nextVerificationRequest, Safe } from '../support/sdk-crypto.ts';
import { CONVERSATION, LossyNetwork } from '../support/sdk-lossy-fetch.ts';
import { type SdkNode, startSdkNode } from '../support/sdk-node.ts';
import { bodies, catchUp, ids, say, scrollBack } from '../support/sdk-timeline.ts';
import { until } from '../support/sdk-wait.ts';

const ROUNDS = 5;
const MESSAGES_PER_DEVICE_AND_ROUND = 15;
/** So that every device makes several sessions and has to share them. */
const MESSAGES_PER_SESSION = 20;

/** The SDK's own pauses before it repeats a request take most of the time. */
const HANG_LIMIT_MS = 180_000;

/** One device of a person behind a network that loses answers, and what it could not decrypt at the first attempt. */
interface Device {
  readonly name: string;
  readonly client: MatrixClient & Disposable;
  readonly network: LossyNetwork;
  readonly undecryptable: string[];
}

/**
 * Two people with two devices each, and a fifth device that comes later, on a server that restarts and behind a network that loses
 * answers. The tests are the chapters of one story.
 */
describe('a conversation with end-to-end encryption', { timeout: HANG_LIMIT_MS }, () => {
  const cleanUp = new AsyncDisposableStack();
  const safes = { alice: new Safe(), bob: new Safe() };
  const devices: Device[] = [];
  let node: SdkNode;
  let roomId: string;

  beforeAll(async () => {
    node = cleanUp.use(await startSdkNode());
  });
  afterAll(() => cleanUp.disposeAsync());

  const start = async (person: 'alice' | 'bob', name: string, open: typeof registerSession): Promise<Device> => {
    const network = new LossyNetwork(CONVERSATION);
    const session = await open(node, person);
    const client = cleanUp.use(
      await startClient({ url: node.url, fetch: network.fetch }, session, {
        crypto: true,
        cryptoCallbacks: safes[person].callbacks,
        initialSyncLimit: 100,
      }),
    );
    const undecryptable: string[] = [];
    client.on(MatrixEventEvent.Decrypted, (event) => {
      if (event.isDecryptionFailure()) undecryptable.push(`${event.getId()} of ${event.getSender()}: ${event.decryptionFailureReason}`);
    });
    return { name, client, network, undecryptable };
  };
  const device = (name: string): Device => {
    const found = devices.find((candidate) => candidate.name === name);
    if (found === undefined) throw new Error(`no device ${name}`);
    return found;
  };

  test('each sets up cross-signing, secret storage and key backup, and verifies a second device with the first', async () => {
    for (const person of ['alice', 'bob'] as const) {
      const first = await start(person, `${person} 1`, registerSession);
      await bootstrap(first.client);
      const second = await start(person, `${person} 2`, loginSession);
      devices.push(first, second);
      await acquaint([first.client, second.client]);
      const asked = nextVerificationRequest(first.client);
      await until('the second device knows of the first', async () => cryptoOf(second.client).userHasCrossSigningKeys());
      await compareEmoji(await cryptoOf(second.client).requestOwnUserVerification(), await asked());
      for (const { client } of [first, second]) {
        await until('the second device is verified', async () => {
          const status = await cryptoOf(client).getDeviceVerificationStatus(
            second.client.getSafeUserId(),
            String(second.client.getDeviceId()),
          );
          return status?.crossSigningVerified;
        });
      }
      await until('the first device has handed over the secrets', async () => {
        return (await cryptoOf(second.client).isCrossSigningReady()) && (await cryptoOf(second.client).getSessionBackupPrivateKey());
      });
    }
  });

  test('they meet in an encrypted room and verify each other', async () => {
    const [alice, bob] = [device('alice 1').client, device('bob 1').client];
    const room = await alice.createRoom({
      preset: Preset.TrustedPrivateChat,
      invite: [bob.getSafeUserId()],
      is_direct: true,
      initial_state: [
        {
          type: 'm.room.encryption',
          state_key: '',
          content: { algorithm: 'm.megolm.v1.aes-sha2', rotation_period_msgs: MESSAGES_PER_SESSION },
        },
      ],
    });
    roomId = room.room_id;
    await until('Bob is invited', () => bob.getRoom(roomId)?.getMyMembership() === 'invite');
    await bob.joinRoom(roomId);
    for (const { client, name } of devices) {
      await until(`${name} sees both in the room`, () => client.getRoom(roomId)?.getJoinedMemberCount() === 2);
    }
    await acquaint(devices.map(({ client }) => client));
    for (const [one, other] of [
      [alice, bob],
      [bob, alice],
    ] as const) {
      await until('they have the keys of each other', () => cryptoOf(one).userHasCrossSigningKeys(other.getSafeUserId(), true));
    }
    const asked = nextVerificationRequest(bob);
    await compareEmoji(await cryptoOf(alice).requestVerificationDM(bob.getSafeUserId(), roomId), await asked());
    for (const { client, name } of devices) {
      const other = name.startsWith('alice') ? bob.getSafeUserId() : alice.getSafeUserId();
      await until(`${name} trusts the other person`, async () => {
        return (await cryptoOf(client).getUserVerificationStatus(other)).isCrossSigningVerified();
      });
    }
  });

  test('hundreds of messages reach every device once, in one order and readable, across restarts and lost answers', async () => {
    const said: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const sending = devices.map(async ({ client, name }) => {
        for (let n = 0; n < MESSAGES_PER_DEVICE_AND_ROUND; n++) {
          const body = `${name}: ${round}.${n}`;
          await say(client, roomId, body);
          said.push(body);
        }
      });
      // Every second restart comes in the middle of the conversation, the others between two rounds.
      if (round % 2 === 1) {
        const half = (round + 0.5) * MESSAGES_PER_DEVICE_AND_ROUND * devices.length;
        await until('half of the round is said', () => said.length >= half);
        await restart();
      }
      await Promise.all(sending);
      if (round % 2 === 0) await restart();
    }
    await Promise.all(devices.map(({ client }) => catchUp(client, roomId)));
    const order = ids(await scrollBack(device('alice 1').client, roomId));
    expect(new Set(order).size).toBe(said.length);
    for (const { client, name, undecryptable, network } of devices) {
      const seen = await scrollBack(client, roomId);
      expect(undecryptable, `what ${name} could not decrypt when it came`).toEqual([]);
      expect(ids(seen), `order on ${name}`).toEqual(order);
      expect(bodies(seen).toSorted(), `messages on ${name}`).toEqual(said.toSorted());
      for (const other of devices) {
        const own = (body: string): boolean => body.startsWith(`${other.name}:`);
        expect(bodies(seen).filter(own), `${other.name} as seen by ${name}`).toEqual(said.filter(own));
      }
      expect([...network.lost.keys()], `what ${name} had to repeat`).toEqual(
        expect.arrayContaining(['send', 'sync', 'to-device', 'key upload']),
      );
    }
  });

  test('a device that logs in later restores the backup and reads everything', async () => {
    const first = device('alice 1');
    await until('all keys are backed up', async () => {
      return (await backedUpKeys(first.client)) >= (await cryptoOf(first.client).exportRoomKeys()).length;
    });
    const { client } = await start('alice', 'alice 3', loginSession);
    const crypto = cryptoOf(client);
    await crypto.userHasCrossSigningKeys();
    await crypto.bootstrapCrossSigning({});
    await crypto.loadSessionBackupPrivateKeyFromSecretStorage();
    const { imported, total } = await crypto.restoreKeyBackup();
    expect(imported).toBe(total);
    expect(await crypto.isCrossSigningReady()).toBe(true);
    const [seen, expected] = [await scrollBack(client, roomId), await scrollBack(first.client, roomId)];
    expect(ids(seen)).toEqual(ids(expected));
    expect(bodies(seen)).toEqual(bodies(expected));
  });

  async function restart(): Promise<void> {
    await node.restart();
    for (const { client } of devices) client.retryImmediately();
  }
});
