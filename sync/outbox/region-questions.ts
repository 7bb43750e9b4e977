/**
 * Questions about single things, put to as many validators as their answers need and believed only as far as they are
 * proved. For what a terminal does not keep: shards that it keeps answer without a line.
 */
import { bad, ok, type Result } from '#core/result';
import { AbsenceCount } from '../light-client/absence-count.ts';
import type { LightClient } from '../light-client/light-client.ts';
import { type ProvedBlock, type ProvedObject, provedBlock, provedObject } from '../light-client/proved-object.ts';
import type { ObjectName } from '../wire/absence.ts';
import type { GatewayAnswer, GatewayQuery } from '../wire/gateway-message.ts';
import type { RegionLine } from './region-line.ts';

/** Where questions go and what judges the answers. */
export interface QuestionsOptions {
  readonly line: Pick<RegionLine, 'askOne'>;
  readonly light: LightClient;
  /** Milliseconds for each validator. */
  readonly timeoutMs: number;
}

/** An object, or the proof that there was none after the block of `height`: these members say so. */
export type FoundObject =
  | ({ readonly kind: 'present' } & ProvedObject)
  | { readonly kind: 'absent'; readonly height: number; readonly by: readonly string[] };

/** What one validator answered, for people: its name and a word. */
export interface AskedOne {
  readonly validator: string;
  readonly said: string;
}

/** Why nothing is proved. `detail` of the result says what was asked; `asked` what each validator said. */
export interface Unproved {
  readonly ok: false;
  readonly reason: 'UNPROVED';
  readonly detail: string;
  readonly asked: readonly AskedOne[];
}

function unproved(what: string, asked: readonly AskedOne[]): Unproved {
  const said = asked.map((one) => `${one.validator}: ${one.said}`).join('; ');
  return { ok: false, reason: 'UNPROVED', detail: `${what}: not proved (${said})`, asked };
}

/** Puts a question to one validator after the other until `take` is content; `take` gives its result or a word why not. */
async function askInTurn<T>(
  { line, light, timeoutMs }: QuestionsOptions,
  query: GatewayQuery,
  what: string,
  take: (answer: GatewayAnswer) => Result<T>,
): Promise<Result<T> | Unproved> {
  const asked: AskedOne[] = [];
  for (const [index, { name: validator }] of light.validators.entries()) {
    const answer = await line.askOne(query, timeoutMs, index);
    if (!answer.ok) {
      asked.push({ validator, said: [answer.reason, answer.detail].filter(Boolean).join(' ') });
      continue;
    }
    const { value } = answer;
    const taken: Result<T> = value.kind === 'none' ? bad(value.reason) : take(value);
    if (taken.ok) return taken;
    asked.push({ validator, said: taken.reason });
  }
  return unproved(what, asked);
}

/** The newest certified height that a line can learn of now: what is asked for is asked for as of then. */
async function knownHeight(options: QuestionsOptions): Promise<Result<number> | Unproved> {
  const { light } = options;
  if (light.head !== null) return ok(light.head.header.height);
  return askInTurn(options, { kind: 'head' }, 'the head of the region', (answer) => {
    if (answer.kind !== 'head' || answer.lightBlock === null) return bad('NO_HEAD');
    const accepted = light.acceptHead(answer.lightBlock);
    return accepted.ok ? ok(answer.lightBlock.header.height) : accepted;
  });
}

/**
 * An object as of the light client's head or later. It is proved by one answer; its absence by f+1 validators who each sign
 * that it was not there at that height.
 */
export async function findObject(options: QuestionsOptions, name: ObjectName): Promise<Result<FoundObject> | Unproved> {
  const { light } = options;
  const known = await knownHeight(options);
  if (!known.ok) return known;
  const height = known.value;
  const count = new AbsenceCount(light.chainId, light.validatorsAt(height) ?? light.validators, { ...name, height });
  const query: GatewayQuery = { kind: 'leaf', ...name, atHeight: height };
  const what = `object "${name.key}" of shard ${name.shard} at height ${height}`;
  return askInTurn<FoundObject>(options, query, what, (answer) => {
    if (answer.kind === 'leaf') {
      const proved = provedObject(light, name, answer);
      // Genuine, but of long before: its validator may hide what came since.
      if (proved.ok && proved.value.height < height) return bad('OLD');
      return proved.ok ? ok({ kind: 'present', ...proved.value }) : proved;
    }
    if (answer.kind !== 'absent') return bad('ANOTHER_ANSWER');
    const said = count.add(answer.absence);
    if (!said.ok) return said;
    if (count.proved) return ok({ kind: 'absent', height, by: count.members });
    return bad(`ABSENT (${count.members.length} of ${count.needed})`);
  });
}

/** A block of any height, proved by a certificate that the light client accepts today. */
export function findBlock(options: QuestionsOptions, height: number): Promise<Result<ProvedBlock> | Unproved> {
  return askInTurn<ProvedBlock>(options, { kind: 'block', height }, `block ${height}`, (answer) =>
    answer.kind === 'block' ? provedBlock(options.light, height, answer) : bad('ANOTHER_ANSWER'),
  );
}
