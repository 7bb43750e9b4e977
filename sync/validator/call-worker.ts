/** The thread that executors run in: loads the module that a request names, hands it the call, and answers with the encoded result. */
import { parentPort } from 'node:worker_threads';
import { decode, encode } from '#core/format';
import { callInputFormat, type Execute } from '#ledger/contracts/executor-port';
import { type CallResult, callResultFormat } from '#ledger/contracts/result';

/** One call to be executed by a module. */
export interface CallRequest {
  readonly id: number;
  /** URL of the executor's module. */
  readonly module: string;
  /** Encoded `callInputFormat`. */
  readonly input: Uint8Array;
}

/** The first message of the thread: it can take requests. */
export const workerReady = 'ready';

/** Encoded `callResultFormat`; null where the module cannot be loaded, which is this machine's affair and no result. */
export interface CallReply {
  readonly id: number;
  readonly result: Uint8Array | null;
}

const failed = (code: string): Uint8Array => encode(callResultFormat, { kind: 'failed', code });

async function load(module: string): Promise<Execute | null> {
  try {
    const loaded = (await import(module)) as { readonly execute?: Execute };
    return typeof loaded.execute === 'function' ? loaded.execute : null;
  } catch {
    return null;
  }
}

async function answer({ module, input }: CallRequest): Promise<Uint8Array | null> {
  const execute = await load(module);
  const decoded = decode(callInputFormat, input);
  if (execute === null || !decoded.ok) return null;
  let result: CallResult;
  try {
    result = await execute(decoded.value);
  } catch {
    return failed('THREW');
  }
  try {
    return encode(callResultFormat, result);
  } catch {
    return failed('BAD_RESULT');
  }
}

parentPort?.on('message', (request: CallRequest) => {
  void answer(request).then((result) => {
    const reply: CallReply = { id: request.id, result };
    parentPort?.postMessage(reply);
  });
});
parentPort?.postMessage(workerReady);
