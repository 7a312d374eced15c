import { describe, expect, it } from 'vitest';
import { MemoryRateLimiter, unlimited } from '../../src/modules/rate-limits/memory-rate-limiter.ts';

describe('the rate limiter', () => {
  it('gives each key its burst, then says how long to wait', async () => {
    const limiter = new MemoryRateLimiter({ login: { per_second: 0.1, burst: 3 }, default: { per_second: 1, burst: 100 } });
    for (let i = 0; i < 3; i++) expect(await limiter.consume('login', 'a')).toBe(0);
    const wait = await limiter.consume('login', 'a');
    expect(wait).toBeGreaterThan(20_000);
    expect(wait).toBeLessThanOrEqual(30_000);
    expect(await limiter.consume('login', 'b')).toBe(0);
  });

  it('counts buckets apart, those without limits of their own too', async () => {
    const limiter = new MemoryRateLimiter({ default: { per_second: 1, burst: 1 } });
    expect(await limiter.consume('one', 'a')).toBe(0);
    expect(await limiter.consume('two', 'a')).toBe(0);
    expect(await limiter.consume('one', 'a')).toBeGreaterThan(0);
  });

  it('takes several points at once', async () => {
    const limiter = new MemoryRateLimiter({ default: { per_second: 1, burst: 5 } });
    expect(await limiter.consume('x', 'a', 5)).toBe(0);
    expect(await limiter.consume('x', 'a')).toBeGreaterThan(0);
  });

  it('that is off lets everything pass', async () => {
    for (let i = 0; i < 1_000; i++) expect(await unlimited.consume('login', 'a')).toBe(0);
  });
});
