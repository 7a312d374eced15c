import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type LoadRequest, type LoadResult, runLoad } from './load.ts';

/** Runs a load in a process of its own, so that it does not take time from the node's event loop or from the bench's. */
export async function loadInProcess(request: LoadRequest): Promise<LoadResult> {
  const child = fork(import.meta.filename, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const answer = once(child, 'message') as Promise<[LoadResult]>;
  const ended = once(child, 'exit').then(([code]) => {
    throw new Error(`the load generator ended (${String(code)})`);
  });
  ended.catch(() => undefined);
  child.send(request);
  const [result] = await Promise.race([answer, ended]);
  child.disconnect();
  return result as LoadResult;
}

if (process.send !== undefined && process.argv[1] === import.meta.filename) {
  const [request] = (await once(process, 'message')) as [LoadRequest];
  const result = await runLoad(request);
  process.send(result, () => process.disconnect());
}
