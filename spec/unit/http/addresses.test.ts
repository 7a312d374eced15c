import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import { addressBucket, clientIp } from '../../../src/http/pipeline/client-ip.ts';
import { trustedProxies } from '../../../src/http/pipeline/trusted-proxies.ts';

const request = (remoteAddress: string, forwarded?: string): IncomingMessage =>
  ({ socket: { remoteAddress }, headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded } }) as unknown as IncomingMessage;

describe('the client address', () => {
  const proxies = trustedProxies(['10.0.0.0/8', '::1']);

  it('is that of the connection unless a trusted proxy made it', () => {
    expect(clientIp(request('203.0.113.5', '1.1.1.1'), proxies)).toBe('203.0.113.5');
    expect(clientIp(request('10.1.2.3', '1.1.1.1'), proxies)).toBe('1.1.1.1');
    expect(clientIp(request('::ffff:10.1.2.3', '2001:db8::1'), proxies)).toBe('2001:db8::1');
    expect(clientIp(request('::ffff:203.0.113.5'), proxies)).toBe('203.0.113.5');
  });

  it('is the first untrusted one from the end: what a client wrote itself is not believed', () => {
    expect(clientIp(request('::1', '6.6.6.6, 1.1.1.1, 10.9.9.9'), proxies)).toBe('1.1.1.1');
    expect(clientIp(request('::1', '6.6.6.6, not an address, 10.9.9.9'), proxies)).toBe('10.9.9.9');
  });

  it('refuses entries that are no addresses, by name', () => {
    expect(() => trustedProxies(['proxy.local'])).toThrow('proxy.local');
    expect(() => trustedProxies(['10.0.0.0/99'])).toThrow('10.0.0.0/99');
  });
});

describe('the bucket of an address', () => {
  it('is the address, and the /64 of an IPv6 address', () => {
    expect(addressBucket('203.0.113.5')).toBe('203.0.113.5');
    expect(addressBucket('2001:db8:1:2:3::4')).toBe(addressBucket('2001:db8:1:2:ffff::'));
    expect(addressBucket('2001:db8:1:2::4')).not.toBe(addressBucket('2001:db8:1:3::4'));
    expect(addressBucket('')).toBe('');
  });
});
