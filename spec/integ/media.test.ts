import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ApiClient } from '../support/api-client.ts';
import { testDatabase } from '../support/database.ts';
import { startServer, type TestServer } from '../support/server.ts';

const UPLOAD_BYTES_MAX = 2_000_000;

let server: TestServer;
let alice: ApiClient;
let bob: ApiClient;

beforeAll(async () => {
  server = await startServer({ config: { media: { max_upload_bytes: UPLOAD_BYTES_MAX, max_image_pixels: 1_000_000 } } });
  alice = await server.register('alice');
  bob = await server.register('bob');
});
afterAll(async () => {
  await server[Symbol.asyncDispose]();
});

interface RequestOptions {
  readonly method?: string;
  readonly headers?: { readonly [name: string]: string };
  readonly body?: Uint8Array<ArrayBuffer> | ReadableStream | string;
}

function request(by: ApiClient, at: string, options: RequestOptions = {}): Promise<Response> {
  const { method = 'GET', headers = {}, body } = options;
  return fetch(by.url + at, {
    method,
    headers: { ...(by.token === null ? {} : { authorization: `Bearer ${by.token}` }), ...headers },
    ...(body === undefined ? {} : { body, duplex: 'half' }),
  });
}

async function upload(by: ApiClient, content: Buffer | string, options: { type?: string; query?: string } = {}): Promise<string> {
  const { type = 'text/plain', query = '' } = options;
  const body = new Uint8Array(Buffer.from(content));
  const response = await request(by, `/_matrix/media/v3/upload${query}`, { method: 'POST', headers: { 'content-type': type }, body });
  const answer = (await response.json()) as { content_uri: string };
  expect(response.status).toBe(200);
  return answer.content_uri.slice('mxc://'.length);
}

const download = (name: string, rest = '') => `/_matrix/client/v1/media/download/${name}${rest}`;
const thumbnail = (name: string, query: string) => `/_matrix/client/v1/media/thumbnail/${name}?${query}`;
const bytesOf = async (response: Response) => Buffer.from(await response.arrayBuffer());
const errcodeOf = async (response: Response) => ((await response.json()) as { errcode: string }).errcode;
const partial = (of: TestServer) => path.join(of.dataDir, 'media', 'partial');

async function temporaryFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), 'weft-media-'));
  return { path: folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('uploads and downloads', () => {
  test('what was uploaded comes back, with its type, its name and headers that keep browsers from running it', async () => {
    const content = randomBytes(100_000);
    const name = await upload(alice, content, { type: 'image/png', query: '?filename=cat.png' });
    expect(name).toMatch(/^weft\.test\/[A-Za-z0-9_-]{20,}$/);
    const response = await request(bob, download(name));
    expect(response.status).toBe(200);
    expect((await bytesOf(response)).equals(content)).toBe(true);
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': '100000',
      'content-disposition': 'inline; filename="cat.png"',
      'content-security-policy': expect.stringContaining('sandbox'),
      'cross-origin-resource-policy': 'cross-origin',
      'x-content-type-options': 'nosniff',
      'accept-ranges': 'bytes',
    });
  });

  test('a name in the path replaces the name of the upload', async () => {
    const name = await upload(alice, 'x', { query: '?filename=a.txt' });
    const response = await request(alice, download(name, `/${encodeURIComponent('käse.txt')}`));
    expect(response.headers.get('content-disposition')).toBe("inline; filename*=utf-8''k%C3%A4se.txt");
  });

  test('types that a browser would run are attachments, unknown types are bytes', async () => {
    const page = await request(alice, download(await upload(alice, '<script>', { type: 'text/html' })));
    expect(page.headers.get('content-disposition')).toBe('attachment');
    const response = await request(alice, '/_matrix/media/v3/upload', { method: 'POST', body: new Uint8Array([1, 2]) });
    const uri = ((await response.json()) as { content_uri: string }).content_uri;
    expect((await request(alice, download(uri.slice(6)))).headers.get('content-type')).toBe('application/octet-stream');
  });

  test('an empty file is a file', async () => {
    const response = await request(alice, download(await upload(alice, '')));
    expect(response.status).toBe(200);
    expect(await bytesOf(response)).toHaveLength(0);
  });

  test('JSON keeps its length and ranges although it could be compressed', async () => {
    const content = JSON.stringify({ a: 'x'.repeat(5_000) });
    const name = await upload(alice, content, { type: 'application/json' });
    const whole = await request(alice, download(name), { headers: { 'accept-encoding': 'gzip' } });
    expect(whole.headers.get('content-encoding')).toBeNull();
    expect((await bytesOf(whole)).toString()).toBe(content);
  });

  test('ranges, HEAD and what a client has already', async () => {
    const name = await upload(alice, '0123456789');
    const part = await request(alice, download(name), { headers: { range: 'bytes=2-4' } });
    expect(part.status).toBe(206);
    expect(part.headers.get('content-range')).toBe('bytes 2-4/10');
    expect((await bytesOf(part)).toString()).toBe('234');

    const beyond = await request(alice, download(name), { headers: { range: 'bytes=10-' } });
    expect(beyond.status).toBe(416);
    expect(beyond.headers.get('content-range')).toBe('bytes */10');
    await beyond.arrayBuffer();

    const head = await request(alice, download(name), { method: 'HEAD' });
    expect(head.status).toBe(200);
    expect(head.headers.get('content-length')).toBe('10');
    const etag = head.headers.get('etag') ?? '';
    expect((await request(alice, download(name), { headers: { 'if-none-match': etag } })).status).toBe(304);
    const changed = await request(alice, download(name), { headers: { range: 'bytes=2-4', 'if-range': '"other"' } });
    expect(changed.status).toBe(200);
    expect((await bytesOf(changed)).toString()).toBe('0123456789');
  });

  test('the same content is stored once', async () => {
    const content = randomBytes(1_000);
    const first = await upload(alice, content);
    const second = await upload(bob, content);
    expect(first).not.toBe(second);
    const sha256 = createHash('sha256').update(content).digest('hex');
    const files = await filesBelow(path.join(server.dataDir, 'media', 'objects'));
    expect(files.filter((file) => file === sha256)).toHaveLength(1);
    expect((await bytesOf(await request(alice, download(second)))).equals(content)).toBe(true);
  });

  test('who is nobody, and what is unknown or elsewhere', async () => {
    const name = await upload(alice, 'x');
    expect(await errcodeOf(await request(server.anonymous, download(name)))).toBe('M_MISSING_TOKEN');
    const unauthorised = await request(server.anonymous, '/_matrix/media/v3/upload', { method: 'POST', body: 'x' });
    expect(unauthorised.status).toBe(401);
    for (const unknown of ['weft.test/unknown', 'elsewhere.test/abc', 'weft.test/..%2F..%2Fetc']) {
      const response = await request(alice, download(unknown));
      expect([response.status, await errcodeOf(response)]).toEqual([404, 'M_NOT_FOUND']);
    }
  });

  test('both spellings of the limits', async () => {
    for (const at of ['/_matrix/client/v1/media/config', '/_matrix/media/v3/config', '/_matrix/media/r0/config']) {
      expect(await (await request(alice, at)).json()).toEqual({ 'm.upload.size': UPLOAD_BYTES_MAX });
    }
  });

  test('a file that is too large is refused by its announced and by its real length, and leaves nothing behind', async () => {
    const announced = await request(alice, '/_matrix/media/v3/upload', {
      method: 'POST',
      body: new Uint8Array(UPLOAD_BYTES_MAX + 1),
    });
    expect([announced.status, await errcodeOf(announced)]).toEqual([413, 'M_TOO_LARGE']);
    const chunk = new Uint8Array(100_000);
    let sent = 0;
    const stream = new ReadableStream({
      pull(controller) {
        sent += chunk.length;
        if (sent > UPLOAD_BYTES_MAX + 100_000) controller.close();
        else controller.enqueue(chunk);
      },
    });
    const real = await request(alice, '/_matrix/media/v3/upload', { method: 'POST', body: stream });
    expect([real.status, await errcodeOf(real)]).toEqual([413, 'M_TOO_LARGE']);
    await expect.poll(() => filesBelow(partial(server))).toEqual([]);
  });

  test('an upload that breaks off leaves nothing behind', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = connect(Number(port), hostname);
    const text = `POST /_matrix/media/v3/upload HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${alice.token}\r\nContent-Length: 1000\r\n\r\nhalf`;
    socket.write(text);
    await expect.poll(() => filesBelow(partial(server))).toHaveLength(1);
    socket.destroy();
    await expect.poll(() => filesBelow(partial(server))).toEqual([]);
  });
});

describe('names made in advance', () => {
  const create = async (by: ApiClient): Promise<string> => (await by.ok('POST', '/_matrix/media/v1/create')).content_uri.slice(6);
  const put = (by: ApiClient, name: string, body: string) =>
    request(by, `/_matrix/media/v3/upload/${name}?filename=late.txt`, { method: 'PUT', headers: { 'content-type': 'text/plain' }, body });

  test('the content comes later, once, from the same user', async () => {
    const carol = await server.register('carol-later');
    const created = await carol.ok('POST', '/_matrix/media/v1/create');
    expect(created.unused_expires_at).toBeGreaterThan(Date.now());
    const name = created.content_uri.slice(6);
    const early = await request(carol, download(name, '?timeout_ms=0'));
    expect([early.status, await errcodeOf(early)]).toEqual([504, 'M_NOT_YET_UPLOADED']);
    const foreign = await put(alice, name, 'mine');
    expect([foreign.status, await errcodeOf(foreign)]).toEqual([403, 'M_FORBIDDEN']);
    expect((await put(carol, name, 'late')).status).toBe(200);
    expect((await bytesOf(await request(alice, download(name)))).toString()).toBe('late');
    const again = await put(carol, name, 'other');
    expect([again.status, await errcodeOf(again)]).toEqual([409, 'M_CANNOT_OVERWRITE_MEDIA']);
    expect((await put(carol, 'weft.test/nobodymadethis', 'x')).status).toBe(404);
    expect((await put(carol, 'elsewhere.test/abc', 'x')).status).toBe(404);
  });

  test('a download waits for the content', async () => {
    const carol = await server.register('carol-waits');
    const name = await create(carol);
    const waiting = request(alice, download(name, '?timeout_ms=30000'));
    expect((await put(carol, name, 'late')).status).toBe(200);
    const response = await waiting;
    expect(response.status).toBe(200);
    expect((await bytesOf(response)).toString()).toBe('late');
  });

  test('a user has few of them at a time', async () => {
    const carol = await server.register('carol-many');
    const names: string[] = [];
    for (let i = 0; i < 10; i++) names.push(await create(carol));
    expect(await carol.api('POST', '/_matrix/media/v1/create')).toMatchObject({ status: 429, body: { errcode: 'M_LIMIT_EXCEEDED' } });
    expect((await put(carol, names[0] ?? '', 'x')).status).toBe(200);
    await create(carol);
  });

  test('a name whose time is over is gone', async () => {
    const carol = await server.register('carol-late');
    const name = await create(carol);
    await server.database.sql`update media set unused_expires_ts = 1 where media_id = ${name.split('/')[1] ?? ''}`;
    expect((await put(carol, name, 'x')).status).toBe(404);
    expect((await request(carol, download(name, '?timeout_ms=0'))).status).toBe(404);
  });
});

describe('thumbnails', () => {
  const picture = (width: number, height: number, alpha = false) =>
    sharp({ create: { width, height, channels: alpha ? 4 : 3, background: alpha ? { r: 9, g: 9, b: 9, alpha: 0.5 } : '#2a6' } });
  const sizeOf = async (response: Response) => {
    expect(response.status).toBe(200);
    const data = await bytesOf(response);
    expect(response.headers.get('content-length')).toBe(String(data.length));
    const { width, height, format, pages = 1 } = await sharp(data, { animated: true }).metadata();
    return { width, height, format, pages };
  };

  test('scale keeps the shape inside the box, crop fills it', async () => {
    const name = await upload(alice, await picture(1000, 500).jpeg().toBuffer(), { type: 'image/jpeg' });
    const scaled = await request(bob, thumbnail(name, 'width=320&height=240&method=scale'));
    expect(scaled.headers.get('content-type')).toBe('image/jpeg');
    expect(scaled.headers.get('content-disposition')).toBe('inline; filename="thumbnail.jpeg"');
    expect(await sizeOf(scaled)).toMatchObject({ width: 320, height: 160 });
    expect(await sizeOf(await request(bob, thumbnail(name, 'width=96&height=96&method=crop')))).toMatchObject({ width: 96, height: 96 });
    expect(await sizeOf(await request(bob, thumbnail(name, 'width=40&height=40')))).toMatchObject({ width: 96, height: 48 });
  });

  test('a second request is served from the store', async () => {
    const name = await upload(alice, await picture(900, 900).png().toBuffer(), { type: 'image/png' });
    const first = await bytesOf(await request(bob, thumbnail(name, 'width=96&height=96&method=crop')));
    const rows = () => server.database.sql`select count(*)::int as count from media_thumbnail`;
    const [before] = await rows();
    expect((await bytesOf(await request(bob, thumbnail(name, 'width=90&height=90&method=crop')))).equals(first)).toBe(true);
    expect(await rows()).toEqual([before]);
  });

  test('a picture that is smaller than the request is its own thumbnail, whatever type the uploader named', async () => {
    const content = await picture(50, 40).png().toBuffer();
    const name = await upload(alice, content, { type: 'text/html' });
    const response = await request(bob, thumbnail(name, 'width=320&height=240'));
    expect(response.headers.get('content-type')).toBe('image/png');
    expect((await bytesOf(response)).equals(content)).toBe(true);
  });

  test('beyond the largest size the picture itself comes', async () => {
    const name = await upload(alice, await picture(900, 900).png().toBuffer(), { type: 'image/png' });
    expect(await sizeOf(await request(bob, thumbnail(name, 'width=4000&height=4000')))).toMatchObject({ width: 900, height: 900 });
  });

  test('transparency is kept', async () => {
    const name = await upload(alice, await picture(400, 400, true).png().toBuffer(), { type: 'image/png' });
    const response = await request(bob, thumbnail(name, 'width=96&height=96&method=crop'));
    expect(response.headers.get('content-type')).toBe('image/webp');
    expect((await sharp(await bytesOf(response)).metadata()).hasAlpha).toBe(true);
  });

  test('animations move only when asked to', async () => {
    const frame = { create: { width: 200, height: 200, channels: 3 as const, background: '#2a6' } };
    const other = { create: { ...frame.create, background: '#a62' } };
    const frames = await Promise.all([frame, other].map((options) => sharp(options).png().toBuffer()));
    const gif = await sharp(frames, { join: { animated: true } })
      .gif({ delay: [100, 100] })
      .toBuffer();
    const name = await upload(alice, gif, { type: 'image/gif' });
    const box = 'width=96&height=96&method=scale';
    expect(await sizeOf(await request(bob, thumbnail(name, box)))).toMatchObject({ pages: 1, width: 96 });
    expect(await sizeOf(await request(bob, thumbnail(name, `${box}&animated=true`)))).toMatchObject({ pages: 2, format: 'webp' });
    // Small enough to be its own thumbnail, but it moves.
    expect(await sizeOf(await request(bob, thumbnail(name, 'width=320&height=240&animated=false')))).toMatchObject({
      pages: 1,
      width: 200,
    });
    const moving = await request(bob, thumbnail(name, 'width=320&height=240&animated=true'));
    expect(moving.headers.get('content-type')).toBe('image/gif');
    expect((await bytesOf(moving)).equals(gif)).toBe(true);
  });

  test('a picture lies as its camera was held', async () => {
    const content = await picture(400, 200).withExif({}).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const name = await upload(alice, content, { type: 'image/jpeg' });
    expect(await sizeOf(await request(bob, thumbnail(name, 'width=96&height=96&method=scale')))).toMatchObject({ width: 48, height: 96 });
  });

  test('what is no picture, too large a picture, or a drawing that could name other files', async () => {
    const box = 'width=96&height=96';
    const text = await request(bob, thumbnail(await upload(alice, 'no picture', { type: 'image/png' }), box));
    expect([text.status, await errcodeOf(text)]).toEqual([400, 'M_UNKNOWN']);
    const svg = '<svg xmlns="http://www.w3.org/2000/svg" width="500" height="500"><rect width="9" height="9"/></svg>';
    expect((await request(bob, thumbnail(await upload(alice, svg, { type: 'image/svg+xml' }), box))).status).toBe(400);
    const half = (await picture(600, 600).jpeg().toBuffer()).subarray(0, 400);
    expect((await request(bob, thumbnail(await upload(alice, half, { type: 'image/jpeg' }), box))).status).toBe(400);
    const huge = await request(bob, thumbnail(await upload(alice, await picture(2000, 2000).png().toBuffer()), box));
    expect([huge.status, await errcodeOf(huge)]).toEqual([413, 'M_TOO_LARGE']);
  });

  test.each(['width=96', 'width=0&height=96', 'width=-1&height=96', 'width=1.5&height=96', 'width=96&height=96&method=stretch'])(
    'the request %s makes no sense',
    async (query) => {
      const name = await upload(alice, 'x');
      expect((await request(bob, thumbnail(name, query))).status).toBe(400);
    },
  );
});

describe('without a token', () => {
  const open = (name: string) => `/_matrix/media/v3/download/${name}`;
  const openThumbnail = (name: string) => `/_matrix/media/r0/thumbnail/${name}?width=32&height=32`;

  test('new files are hidden, and files from before are still served', async () => {
    await using database = await testDatabase();
    await using folder = await temporaryFolder();
    const start = (unauthenticated: boolean) =>
      startServer({ database, dataDir: folder.path, config: { media: { unauthenticated_downloads: unauthenticated } } });
    const png = await sharp({ create: { width: 9, height: 9, channels: 3, background: '#000' } })
      .png()
      .toBuffer();
    let old = '';
    {
      await using opened = await start(true);
      const dora = await opened.register('dora');
      old = await upload(dora, png, { type: 'image/png' });
      expect((await request(opened.anonymous, open(old))).status).toBe(200);
    }
    await using closed = await start(false);
    const dora = await closed.login('dora');
    const hidden = await upload(dora, png, { type: 'image/png' });
    expect((await request(dora, download(hidden))).status).toBe(200);
    for (const at of [open(hidden), `${open(hidden)}/name.png`, openThumbnail(hidden)]) {
      const response = await request(closed.anonymous, at);
      expect([response.status, await errcodeOf(response)]).toEqual([404, 'M_NOT_FOUND']);
    }
    for (const at of [open(old), `${open(old)}/name.png`, openThumbnail(old)]) {
      expect((await request(closed.anonymous, at)).status).toBe(200);
    }
  });
});

test('a start clears what a crash left half written', async () => {
  await using folder = await temporaryFolder();
  const left = path.join(folder.path, 'media', 'partial');
  await mkdir(left, { recursive: true });
  await writeFile(path.join(left, 'half'), 'half');
  await using started = await startServer({ dataDir: folder.path });
  expect(await filesBelow(partial(started))).toEqual([]);
});
