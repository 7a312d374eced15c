import { expect, test } from 'vitest';
import { readyUrls } from '../../src/app/ready-urls.ts';

const at = (host: string, port: number, scheme = 'http') => ({
  url: `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`,
  host,
  port,
});

test('an address that stands for all of the machine is shown as localhost', () => {
  expect(readyUrls([at('::', 8008), at('0.0.0.0', 9090)])).toEqual(['http://localhost:8008', 'http://localhost:9090']);
  expect(readyUrls([at('::', 8448, 'https')])).toEqual(['https://localhost:8448']);
});

test('both loopbacks on one port are one URL; one of them alone is shown as it is', () => {
  expect(readyUrls([at('127.0.0.1', 8008), at('::1', 8008)])).toEqual(['http://localhost:8008']);
  expect(readyUrls([at('127.0.0.1', 8008), at('::1', 9090)])).toEqual(['http://127.0.0.1:8008', 'http://[::1]:9090']);
});

test('other addresses are shown as they are, in the order of the configuration', () => {
  expect(readyUrls([at('192.0.2.7', 443, 'https'), at('127.0.0.1', 8008)])).toEqual(['https://192.0.2.7:443', 'http://127.0.0.1:8008']);
});
