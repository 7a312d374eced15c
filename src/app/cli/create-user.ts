import { createHmac } from 'node:crypto';
import { createInterface } from 'node:readline/promises';
import { HttpClient, HttpClientError } from '../../platform/http-client.ts';
import type { Config } from '../config/load-config.ts';
import { readRegistrationSecret } from '../local-secret.ts';
import { CliError } from './cli-error.ts';
import { localUrl } from './local-url.ts';
import { programVersion } from './program-version.ts';

const REGISTER = '/_synapse/admin/v1/register';
const PASSWORD_BYTES_MAX = 1_024;

/** `weft user create`: registers through the shared-secret endpoint of the running server. */
export async function createUser(
  config: Config,
  options: { name: string; admin: boolean; displayName?: string; password?: string; url?: string },
): Promise<void> {
  const secret = await readRegistrationSecret(config);
  if (secret === null)
    throw new CliError(`no server has run on ${config.data_dir}: start it first, or name its configuration with --config`);
  const base = options.url ?? localUrl(config);
  if (base === null) throw new CliError('every listener with admin endpoints speaks TLS: say where the server is with --url');
  const password = options.password ?? (await readPassword());

  await using client = new HttpClient({
    addresses: { allowPrivate: true },
    userAgent: `weft/${programVersion()}`,
    headersTimeoutMs: 20_000,
  });
  const call = async (method: 'GET' | 'POST', body?: object): Promise<Record<string, unknown>> => {
    const request = {
      method,
      url: base + REGISTER,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
    const response = await client.request(request).catch((error: unknown) => {
      if (error instanceof HttpClientError)
        throw new CliError(`the server does not answer at ${base} (${error.message}): is it running?`, error);
      throw error;
    });
    const answer = parseObject(response.body);
    if (response.status !== 200) {
      const why = typeof answer.error === 'string' ? answer.error : `status ${response.status}`;
      throw new CliError(`the server refused: ${why}`);
    }
    return answer;
  };

  const nonce = String((await call('GET')).nonce);
  const { name, admin, displayName } = options;
  const mac = createHmac('sha1', secret)
    .update([nonce, name, password, admin ? 'admin' : 'notadmin'].join('\0'))
    .digest('hex');
  const made = await call('POST', {
    nonce,
    username: name,
    password,
    admin,
    mac,
    ...(displayName === undefined ? {} : { displayname: displayName }),
  });
  process.stdout.write(`${String(made.user_id)}\n`);
}

async function readPassword(): Promise<string> {
  const terminal = process.stdin.isTTY;
  if (terminal) process.stderr.write('Password: ');
  const lines = createInterface({ input: process.stdin, terminal: false });
  if (terminal) process.stdin.setRawMode?.(false);
  for await (const line of lines) {
    lines.close();
    if (Buffer.byteLength(line) > PASSWORD_BYTES_MAX) throw new CliError(`the password is longer than ${PASSWORD_BYTES_MAX} bytes`);
    if (line !== '') return line;
    break;
  }
  throw new CliError('no password: give one line on standard input');
}

function parseObject(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
