import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/app/config/config-error.ts';
import { loadConfig } from '../../../src/app/config/load-config.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'weft-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  writeFileSync(path.join(folder, name), text);
  return name;
}

function load(files: string[], environment: Record<string, string> = {}) {
  return loadConfig({ files, environment, workingFolder: folder });
}

function problemsOf(files: string[], environment: Record<string, string> = {}): readonly string[] {
  try {
    load(files, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('without any configuration', () => {
  test('there is a closed server for this machine', () => {
    const config = load([]);
    expect(config).toMatchObject({
      server_name: 'localhost',
      public_base_url: 'http://localhost:8008',
      data_dir: path.join(folder, 'data'),
      signing_key_file: path.join(folder, 'data/signing.key'),
      registration: { enabled: false },
      federation: { enabled: true, allow_private_addresses: false },
      rate_limits: { enabled: true },
      log: { level: 'info' },
    });
    expect(config.database.url).toBeUndefined();
    expect(config.listeners).toHaveLength(1);
    expect(config.listeners[0]).toMatchObject({ port: 8008, bind: ['127.0.0.1', '::1'] });
  });
});

describe('files', () => {
  test('later files win key by key; lists are replaced', () => {
    const one = file('one.yaml', 'server_name: one.org\nfederation:\n  ca_files: [a.pem, b.pem]\n  request_timeout_ms: 5000\n');
    const two = file('two.yaml', 'federation:\n  ca_files: [/c.pem]\n');
    expect(load([one, two])).toMatchObject({
      server_name: 'one.org',
      public_base_url: 'https://one.org',
      federation: { ca_files: ['/c.pem'], request_timeout_ms: 5000 },
    });
  });

  test('elements of lists get their defaults', () => {
    const config = load([file('listeners.yaml', 'listeners:\n  - port: 80\n  - { port: 8448, tls: { cert_file: c, key_file: k } }\n')]);
    expect(config.listeners).toEqual([
      { port: 80, bind: '::', serve: ['client', 'federation', 'media', 'admin'] },
      {
        port: 8448,
        bind: '::',
        serve: ['client', 'federation', 'media', 'admin'],
        tls: { cert_file: path.join(folder, 'c'), key_file: path.join(folder, 'k') },
      },
    ]);
  });

  test('an empty file and a section without keys change nothing', () => {
    expect(load([file('empty.yaml', ''), file('bare.yaml', 'federation:\nturn:\n')])).toEqual(load([]));
  });

  test('slots and the settings of plug-ins are free-form', () => {
    const config = load([
      file('free.yaml', 'slots: { "stateResolver:v2": mine }\nmodules:\n  - path: ./m.ts\n    config: { deep: { er: [1] } }\n'),
    ]);
    expect(config.slots).toEqual({ 'stateResolver:v2': 'mine' });
    expect(config.modules).toEqual([{ path: path.join(folder, 'm.ts'), config: { deep: { er: [1] } } }]);
  });
});

describe('the environment', () => {
  test('sets any key, above the files', () => {
    const base = file('base.yaml', 'federation: { enabled: true }\n');
    const config = load([base], {
      WEFT__SERVER_NAME: '123',
      WEFT__FEDERATION__ENABLED: 'false',
      WEFT__MEDIA__MAX_UPLOAD_BYTES: '1000',
      WEFT__APPSERVICES__FILES: '/a.yaml, /b.yaml',
      WEFT__TURN__URIS: '["turn:a", "turn:b"]',
      WEFT__TURN__SHARED_SECRET: 'yes',
      WEFT__LISTENERS__0__PORT: '1234',
      WEFT__LISTENERS__0__SERVE: 'client,metrics',
      WEFT__RATE_LIMITS__MESSAGE__PER_SECOND: '0.5',
      UNRELATED: 'x',
    });
    expect(config).toMatchObject({
      server_name: '123',
      federation: { enabled: false },
      media: { max_upload_bytes: 1000 },
      appservices: { files: ['/a.yaml', '/b.yaml'] },
      turn: { uris: ['turn:a', 'turn:b'], shared_secret: 'yes' },
      rate_limits: { message: { per_second: 0.5, burst: 30 } },
    });
    expect(config.listeners).toEqual([{ port: 1234, bind: '::', serve: ['client', 'metrics'] }]);
  });

  test('a secret comes from a file, other keys that end in _file are themselves', () => {
    file('secret', 'hush\n');
    const config = load([], {
      WEFT__REGISTRATION__SHARED_SECRET_FILE: path.join(folder, 'secret'),
      WEFT__SIGNING_KEY_FILE: '/keys/signing.key',
    });
    expect(config.registration.shared_secret).toBe('hush');
    expect(config.signing_key_file).toBe('/keys/signing.key');
    expect(problemsOf([], { WEFT__SERVER_NAME_FILE: path.join(folder, 'secret') })).toEqual([
      expect.stringContaining('WEFT__SERVER_NAME_FILE: unknown key server_name_file'),
    ]);
  });
});

describe('mistakes are named with their place', () => {
  test.each([
    ['federation:\n  enabld: true\n', 'bad.yaml:2: unknown key federation.enabld; did you mean federation.enabled?'],
    ['# x\nmax_upload_bytes: 3\n', 'bad.yaml:2: unknown key max_upload_bytes; did you mean media.max_upload_bytes?'],
    ['listeners:\n  - port: 1\n    tsl: {}\n', 'bad.yaml:3: unknown key listeners.0.tsl; did you mean listeners.tls?'],
    ['rate_limits:\n  mesage: { burst: 3 }\n', 'bad.yaml:2: unknown key rate_limits.mesage; did you mean rate_limits.message?'],
    ['\nfederation:\n  enabled: perhaps\n', 'bad.yaml:3: federation.enabled must be boolean'],
    ['listeners:\n  - port: 1\n  - port: high\n', 'bad.yaml:3: listeners.1.port must be integer'],
    ['listeners: [{ bind: x }]\n', "bad.yaml:1: listeners.0 must have required property 'port'"],
    ['listeners: [{ port: 1, bind: 3 }]\n', 'bad.yaml:1: listeners.0.bind has a wrong type'],
    ['log: { level: loud }\n', 'trace, debug, info, warn, error, fatal, silent'],
    ['server_name: "a b"\n', 'bad.yaml:1: server_name is not a server name'],
    ['server_name: a\nserver_name: b\n', 'bad.yaml:2: Map keys must be unique'],
    ['server_name: [\n', 'bad.yaml:'],
    ['- a\n', 'bad.yaml: the file must hold keys and values'],
    ['media:\n  store: s3\n', 'bad.yaml:2: media.store is s3, which needs the section media.s3'],
    ['registration:\n  require: [email]\n', 'bad.yaml:2: registration.require names email, which needs email.smtp_url'],
    ['modules:\n  - config: {}\n', 'bad.yaml:2: modules.0 needs either path or package'],
  ])('%j', (text, expected) => {
    const problems = problemsOf([file('bad.yaml', text)]);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(expected);
  });

  test('all at once', () => {
    const problems = problemsOf([file('many.yaml', 'a: 1\nb: 2\nserver_name: 3\n'), 'missing.yaml'], {
      WEFT__NOPE: '1',
      WEFT__TURN__PASSWORD_FILE: '/missing',
    });
    expect(problems).toHaveLength(6);
    expect(problems.join('\n')).toMatch(
      /missing\.yaml: cannot be read[^]*WEFT__NOPE: unknown key[^]*WEFT__TURN__PASSWORD_FILE: cannot read \/missing/,
    );
  });
});

test.each(['example.org', 'localhost:8448', '1.2.3.4', '[::1]:80', 'a-b.c'])('%s is a server name', (name) => {
  expect(load([], { WEFT__SERVER_NAME: name }).server_name).toBe(name);
});

test.each(['https://a.b', 'a_b', 'a:99999', '[::1', '[zz]', 'a/b', 'a:b:c'])('%s is no server name', (name) => {
  expect(problemsOf([], { WEFT__SERVER_NAME: name })).toHaveLength(1);
});
