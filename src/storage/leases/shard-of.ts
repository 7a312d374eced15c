import { createHash } from 'node:crypto';
import { SHARD_COUNT } from './writer-lease.ts';

/** Shard of a room or a user: the first two bytes of SHA-256 of its id, so that every node and every version agrees. */
export function shardOf(id: string): number {
  return createHash('sha256').update(id).digest().readUInt16BE(0) % SHARD_COUNT;
}
