import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateLimiterSlot } from '../../plugin-api/slots.ts';

/** How often something may happen: in the long run, and at once after a pause. */
export interface BucketLimits {
  readonly per_second: number;
  readonly burst: number;
}

/**
 * Counts in the memory of this node. A bucket gives `burst` points for as long as `per_second` needs to earn them; then the
 * count begins anew. Buckets without limits of their own take those of `default`, counted by themselves.
 */
export class MemoryRateLimiter implements RateLimiterSlot {
  readonly #limits: { readonly [bucket: string]: BucketLimits };
  readonly #buckets = new Map<string, RateLimiterMemory>();

  constructor(limits: { readonly [bucket: string]: BucketLimits }) {
    this.#limits = limits;
  }

  async consume(bucket: string, key: string, points = 1): Promise<number> {
    try {
      await this.#bucket(bucket).consume(key, points);
      return 0;
    } catch (refusal) {
      // The library refuses by throwing its result, and reports trouble by throwing errors.
      if (refusal instanceof RateLimiterRes) return Math.max(1, refusal.msBeforeNext);
      throw refusal;
    }
  }

  #bucket(name: string): RateLimiterMemory {
    const known = this.#buckets.get(name);
    if (known !== undefined) return known;
    const { per_second, burst } = this.#limits[name] ?? this.#limits.default ?? { per_second: 50, burst: 200 };
    const made = new RateLimiterMemory({ keyPrefix: name, points: burst, duration: burst / per_second });
    this.#buckets.set(name, made);
    return made;
  }
}

/** Lets everything pass: `rate_limits.enabled: false`. */
export const unlimited: RateLimiterSlot = { consume: async () => 0 };
