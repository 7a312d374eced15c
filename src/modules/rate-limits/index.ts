import { Type } from 'typebox';
import { definePlugin } from '../../plugin-api/plugin.ts';
import { type BucketLimits, MemoryRateLimiter, unlimited } from './memory-rate-limiter.ts';

const Bucket = Type.Object({
  per_second: Type.Number({ exclusiveMinimum: 0 }),
  burst: Type.Integer({ minimum: 1 }),
});

/** The section `rate_limits` of the configuration: `enabled`, and one entry per bucket. */
const RateLimitsConfig = Type.Object({ enabled: Type.Boolean() }, { additionalProperties: Bucket });

/** Built-in provider of the slot `rateLimiter`. */
export default definePlugin({
  name: 'rate-limits',
  api: 1,
  config: RateLimitsConfig,
  setup(host) {
    const { enabled, ...buckets } = host.config;
    host.provide('rateLimiter', enabled ? new MemoryRateLimiter(buckets as { [bucket: string]: BucketLimits }) : unlimited);
  },
});
