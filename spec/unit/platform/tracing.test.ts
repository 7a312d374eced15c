import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from 'vitest';
import { startTracing, tracingOff } from '../../../src/platform/tracing.ts';

test('switched off, a span is a call', async () => {
  expect(await tracingOff.span('step', {}, async () => 5)).toBe(5);
});

test('spans reach the collector, failures are passed on', async () => {
  const received: string[] = [];
  const collector = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push(Buffer.concat(chunks).toString());
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve));
  const { port } = collector.address() as AddressInfo;
  const tracing = await startTracing({ endpoint: `http://127.0.0.1:${port}/v1/traces`, sampleRatio: 1, serviceName: 'weft test' });
  await expect(
    tracing.span('outer step', { room: '!r' }, () => tracing.span('inner step', {}, () => Promise.reject(new Error('no')))),
  ).rejects.toThrow('no');
  await tracing[Symbol.asyncDispose]();
  collector.close();
  expect(received.join()).toContain('outer step');
  expect(received.join()).toContain('inner step');
  expect(received.join()).toContain('weft test');
});
