/** The hub's listener on the shop's LAN: one signed request in, one signed reply out, and nothing answered before its fsync. */
import Fastify, { type FastifyInstance } from 'fastify';
import type { TerminalErrorCode } from '#agent/config/errors';
import type { Journal } from '#agent/journal/journal';
import type { Entropy } from '#core/entropy';
import { BizainError } from '#core/errors';
import { decode } from '#core/format';
import type { Log } from '#core/log';
import { readTerminal } from '#ledger/accounts/terminal';
import { terminalParts } from '#ledger/ids';
import type { LedgerView } from '#ledger/state/view';
import type { HubDesk } from './hub-desk.ts';
import { type HubAnswer, type HubRequest, hubRequestFormat, signReply, verifyRequest } from './hub-message.ts';
import { hubMediaType, hubPath } from './hub-path.ts';
import { LaneSessions } from './lane-sessions.ts';

const requestBytesMax = 8 * 1_024;
const newsKinds: ReadonlySet<HubRequest['action']['kind']> = new Set(['release', 'captured', 'settled']);

/** What a hub server is made of. */
export interface HubServerOptions {
  readonly chainId: Uint8Array;
  readonly terminal: string;
  readonly secretSeed: Uint8Array;
  readonly desk: HubDesk;
  readonly journal: Journal;
  readonly view: LedgerView;
  readonly entropy: Entropy;
  readonly log: Log;
  readonly listen: { readonly host: string; readonly port: number };
}

/** A running hub listener. */
export interface HubServer {
  /** `http://host:port` */
  readonly url: string;
  close(): Promise<void>;
}

/** Carries out requests; knows no HTTP. Null: not a request of a lane of this store, and not answered at all. */
export class HubCounter {
  readonly #options: Omit<HubServerOptions, 'listen'>;
  readonly #sessions: LaneSessions;
  readonly #store: string;

  constructor(options: Omit<HubServerOptions, 'listen'>) {
    this.#options = options;
    this.#sessions = new LaneSessions(options.entropy);
    this.#store = terminalParts(options.terminal)?.store ?? '';
  }

  /** The signed reply to a request's bytes. */
  reply(requestBytes: Uint8Array): Uint8Array | null {
    const decoded = decode(hubRequestFormat, requestBytes);
    if (!decoded.ok || !this.#isGenuine(decoded.value)) return null;
    const request = decoded.value;
    if (request.action.kind === 'hello') return this.#hello(requestBytes, request);
    // What became of a unit is said of an earlier claim on it: arriving after a new one, it must not end that one.
    const inOrder = newsKinds.has(request.action.kind);
    const admitted = this.#sessions.admit(request.lane, request.session, request.counter, inOrder);
    if (admitted.kind === 'repeat') return admitted.reply;
    if (admitted.kind === 'stale') return this.#sign(requestBytes, { kind: 'refused', reason: 'STALE_SESSION' });
    if (admitted.kind === 'overtaken') return this.#sign(requestBytes, { kind: 'refused', reason: 'OVERTAKEN' });
    const reply = this.#sign(requestBytes, this.#carryOut(request));
    this.#sessions.keep(request.lane, request.counter, reply);
    return reply;
  }

  #isGenuine(request: HubRequest): boolean {
    const parts = terminalParts(request.lane);
    if (parts === null || parts.store !== this.#store) return false;
    const terminal = readTerminal(this.#options.view, parts.store, parts.lane);
    if (terminal === null || terminal.epoch !== request.laneEpoch) return false;
    return verifyRequest(this.#options.chainId, request, terminal.publicKey);
  }

  #hello(requestBytes: Uint8Array, request: HubRequest): Uint8Array {
    const { desk } = this.#options;
    const session = this.#sessions.open(request.lane);
    // Told before the new heads are kept: a lane that lost the end of its journal must see where it stood.
    const answer = desk.welcome(request.lane, session);
    return this.#sign(requestBytes, answer);
  }

  #carryOut(request: HubRequest): HubAnswer {
    const { desk, journal, log } = this.#options;
    try {
      return journal.atomically((tx) => {
        desk.keepHeads(tx, request.lane, request.heads);
        return desk.handle(tx, request.lane, request.action);
      });
    } catch (error) {
      desk.reload();
      if (!(error instanceof BizainError)) throw error;
      log.error({ code: error.code, lane: request.lane, err: error.message }, 'the hub could not write its journal');
      return { kind: 'refused', reason: 'JOURNAL_FULL' };
    }
  }

  #sign(requestBytes: Uint8Array, answer: HubAnswer): Uint8Array {
    const { chainId, terminal, secretSeed } = this.#options;
    return signReply(chainId, requestBytes, { hub: terminal, answer }, secretSeed);
  }
}

function routes(app: FastifyInstance, counter: HubCounter): void {
  app.addContentTypeParser(hubMediaType, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.post(hubPath, async (request, response) => {
    const body: unknown = request.body;
    const reply = Buffer.isBuffer(body) ? counter.reply(new Uint8Array(body)) : null;
    if (reply === null) return response.code(403).send();
    return response.type(hubMediaType).send(Buffer.from(reply));
  });
}

/**
 * Starts the listener.
 * @throws BizainError `HUB_PORT_TAKEN` when the address cannot be had.
 */
export async function startHubServer(options: HubServerOptions): Promise<HubServer> {
  const { host, port } = options.listen;
  const app = Fastify({ bodyLimit: requestBytesMax, connectionTimeout: 10_000, forceCloseConnections: true });
  routes(app, new HubCounter(options));
  try {
    await app.listen({ host, port });
  } catch (cause) {
    const code: TerminalErrorCode = 'HUB_PORT_TAKEN';
    const reason = cause instanceof Error ? cause.message : String(cause);
    const message = `The hub could not listen on ${host}:${port}: ${reason}. Choose another hub.listen port or stop what uses it.`;
    throw new BizainError({ code, message, context: { host, port }, cause });
  }
  const address = app.server.address();
  const bound = typeof address === 'object' && address !== null ? address.port : port;
  return { url: `http://${host}:${bound}`, close: () => app.close() };
}
