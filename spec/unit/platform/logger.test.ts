import { expect, test } from 'vitest';
import { createLogger } from '../../../src/platform/logger.ts';

test('lines are JSON with level, time, the fields of parents, and no secrets', () => {
  const lines: string[] = [];
  const log = createLogger({ level: 'info', destination: { write: (line) => lines.push(line) } }).child({ part: 'rooms' });
  log.debug('not shown');
  log.info({ roomId: '!r', access_token: 'hush', body: { password: 'hush' } }, 'hello');
  log.error({ err: new Error('boom') }, 'failed');
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ level: 'info', part: 'rooms', roomId: '!r', msg: 'hello', access_token: '[secret]' });
  expect(lines.join()).not.toContain('hush');
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ err: { message: 'boom' } });
});
