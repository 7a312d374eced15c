import { describe, expect, test } from 'vitest';
import { isAllowedAddress } from '../../../src/platform/address-policy.ts';

describe('only public unicast addresses pass', () => {
  test.each(['1.1.1.1', '8.8.8.8', '2606:4700:4700::1111', '::ffff:8.8.8.8'])('%s passes', (address) => {
    expect(isAllowedAddress(address, { allowPrivate: false })).toBe(true);
  });

  test.each([
    ...[
      '127.0.0.1',
      '10.1.2.3',
      '172.16.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '255.255.255.255',
      '224.0.0.1',
      '240.0.0.1',
    ],
    ...['192.0.2.1', '198.51.100.1', '203.0.113.1', '198.18.0.1', '192.88.99.1', '192.0.0.1'],
    ...[
      '::1',
      '::',
      'fe80::1',
      'fc00::1',
      'fd12::1',
      'ff02::1',
      '2001:db8::1',
      '::ffff:10.0.0.1',
      '::ffff:127.0.0.1',
      '::10.0.0.1',
      '::127.0.0.1',
    ],
    ...['64:ff9b::7f00:1', '64:ff9b:1::7f00:1', '2002:7f00:1::', '2001::1', '::ffff:0:127.0.0.1', '100::1', 'fec0::1'],
  ])('%s does not', (address) => {
    expect(isAllowedAddress(address, { allowPrivate: false })).toBe(false);
  });

  test.each(['', 'localhost', 'not an address', '999.1.1.1'])('%j is no address', (text) => {
    expect(isAllowedAddress(text, { allowPrivate: true })).toBe(false);
  });
});

test('named ranges are allowed or refused', () => {
  const policy = { allowPrivate: false, allow: ['10.0.0.0/8', 'fd00::/8'], deny: ['10.6.0.0/16', '8.8.8.0/24'] };
  expect(isAllowedAddress('10.1.1.1', policy)).toBe(true);
  expect(isAllowedAddress('fd00::1', policy)).toBe(true);
  expect(isAllowedAddress('10.6.1.1', policy)).toBe(false);
  expect(isAllowedAddress('8.8.8.8', policy)).toBe(false);
  expect(isAllowedAddress('192.168.0.1', policy)).toBe(false);
  expect(isAllowedAddress('10.6.1.1', { ...policy, allowPrivate: true })).toBe(false);
});
