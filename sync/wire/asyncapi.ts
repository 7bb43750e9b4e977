/**
 * The wire between terminals and validators as an AsyncAPI 3.0 document, from a terminal's side: what it sends, what it
 * receives, over which topics and paths. Made from the topics, formats and limits themselves; `bizain formats --write`.
 */
import type { Format } from '#core/format';
import { segmentFormat } from '#ledger/journal/segment';
import { type Delivery, delivery } from './delivery.ts';
import {
  deltaMessageFormat,
  headMessageFormat,
  receiptsMessageFormat,
  replyFormat,
  requestFormat,
  turnedAwayFormat,
} from './gateway-message.ts';
import { feedFormat, httpsMediaType, httpsPathsOf, pollFormat, submitReplyFormat } from './https-message.ts';
import { topicsOf } from './topics.ts';

type Json = { readonly [key: string]: unknown };

/** Any chain: its short name is a parameter of every address. */
const someChain = new Uint8Array(32);
const topics = topicsOf(someChain);
const paths = httpsPathsOf(someChain);
const chainName = topics.root.split('/').at(-1) as string;

interface Channel {
  readonly address: string;
  readonly server: 'broker' | 'validator';
  readonly summary: string;
  readonly messages: readonly string[];
}

const messages: Readonly<Record<string, { readonly format: Format<unknown>; readonly summary: string }>> = {
  segment: { format: segmentFormat, summary: 'Consecutive journal entries of one author under one signature.' },
  head: { format: headMessageFormat, summary: 'The newest block with its certificate of COMMIT.' },
  receipts: { format: receiptsMessageFormat, summary: 'Receipts of one author in one block, proved.' },
  turnedAway: { format: turnedAwayFormat, summary: 'Why a segment was not taken. Advice of one validator.' },
  delta: { format: deltaMessageFormat, summary: 'What changed in one shard, with what proves the root it leads to.' },
  request: { format: requestFormat, summary: 'A question to one validator; the reply topic stands in the body.' },
  reply: { format: replyFormat, summary: 'The answer of one validator; what it carries proves itself.' },
  submitReply: { format: submitReplyFormat, summary: 'What became of a segment, by one validator.' },
  poll: { format: pollFormat, summary: 'Waits for what is published on topics.' },
  feed: { format: feedFormat, summary: 'What was published since a place, oldest first.' },
};

const parameters: Readonly<Record<string, string>> = {
  chain: 'First 8 bytes of the chain id in hex.',
  author: 'Account that signs the segments; its "/" is a topic level.',
  shard: 'Name of a shard; "%", "+" and "#" are percent-encoded, "/" is a topic level.',
  validator: 'Place of the validator in the set of the present epoch.',
  client: 'Name that the client gave as replyTo.',
};

const channels: Readonly<Record<string, Channel>> = {
  up: {
    address: topics.up('{author}'),
    server: 'broker',
    summary: 'Segments to all validators.',
    messages: ['segment'],
  },
  head: { address: topics.head, server: 'broker', summary: 'The newest head, retained.', messages: ['head'] },
  receipts: {
    address: topics.receipts('{author}'),
    server: 'broker',
    summary: 'Receipts of one author.',
    messages: ['receipts'],
  },
  turnedAway: {
    address: topics.turnedAway('{author}'),
    server: 'broker',
    summary: 'Early refusals of one author’s segments.',
    messages: ['turnedAway'],
  },
  delta: {
    address: topics.delta('{shard}'),
    server: 'broker',
    summary: 'Changes of one shard with each block; “#” in place of its later levels for a kind.',
    messages: ['delta'],
  },
  merged: {
    address: topics.merged('{shard}'),
    server: 'broker',
    summary: 'Changes of one reference shard, merged from checkpoint to checkpoint.',
    messages: ['delta'],
  },
  ask: {
    address: `${topics.request('')}{validator}`,
    server: 'broker',
    summary: 'Questions to one validator.',
    messages: ['request'],
  },
  reply: {
    address: topics.reply('{client}'),
    server: 'broker',
    summary: 'Answers to one client.',
    messages: ['reply'],
  },
  httpsUp: { address: paths.up, server: 'validator', summary: 'A segment.', messages: ['segment', 'submitReply'] },
  httpsAsk: { address: paths.ask, server: 'validator', summary: 'A question.', messages: ['request', 'reply'] },
  httpsFeed: { address: paths.feed, server: 'validator', summary: 'A long poll.', messages: ['poll', 'feed'] },
};

function mqttOperation(action: 'send' | 'receive', channel: string, message: string, how: Delivery): Json {
  return {
    action,
    channel: { $ref: `#/channels/${channel}` },
    messages: [{ $ref: `#/channels/${channel}/messages/${message}` }],
    bindings: { mqtt: { qos: how.qos, retain: how.retain, bindingVersion: '0.2.0' } },
  };
}

function httpsOperation(channel: string, asked: string, answered: string): Json {
  return {
    action: 'send',
    channel: { $ref: `#/channels/${channel}` },
    messages: [{ $ref: `#/channels/${channel}/messages/${asked}` }],
    reply: {
      channel: { $ref: `#/channels/${channel}` },
      messages: [{ $ref: `#/channels/${channel}/messages/${answered}` }],
    },
    bindings: { http: { method: 'POST', bindingVersion: '0.3.0' } },
  };
}

const operations: Json = {
  sendSegment: mqttOperation('send', 'up', 'segment', delivery.segment),
  receiveHead: mqttOperation('receive', 'head', 'head', delivery.head),
  receiveReceipts: mqttOperation('receive', 'receipts', 'receipts', delivery.receipts),
  receiveTurnedAway: mqttOperation('receive', 'turnedAway', 'turnedAway', delivery.turnedAway),
  receiveDelta: mqttOperation('receive', 'delta', 'delta', delivery.delta),
  receiveMerged: mqttOperation('receive', 'merged', 'delta', delivery.delta),
  ask: {
    ...mqttOperation('send', 'ask', 'request', delivery.request),
    reply: {
      address: { location: '$message.payload#/replyTo', description: 'The last level of the reply topic.' },
      channel: { $ref: '#/channels/reply' },
      messages: [{ $ref: '#/channels/reply/messages/reply' }],
    },
  },
  receiveReply: mqttOperation('receive', 'reply', 'reply', delivery.reply),
  postSegment: httpsOperation('httpsUp', 'segment', 'submitReply'),
  postQuestion: httpsOperation('httpsAsk', 'request', 'reply'),
  poll: httpsOperation('httpsFeed', 'poll', 'feed'),
};

/** The format's name, version and page. */
function schemaOf(format: Format<unknown>): [string, Json] {
  const { shape } = format;
  if (shape.type !== 'versioned') throw new TypeError('a message on the wire has a version');
  const page = format === segmentFormat ? '../../ledger/FORMATS.md' : 'FORMATS.md';
  const schema = {
    title: shape.name,
    description: `Deterministic CBOR, format \`${shape.name}\` version ${shape.version}.`,
    type: 'string',
    format: 'binary',
    contentMediaType: httpsMediaType,
    maxLength: shape.bytesMax,
    externalDocs: { url: `${page}#${shape.name}` },
  };
  return [shape.name, schema];
}

function channelOf({ address, server, summary, messages: carried }: Channel): Json {
  const named = address.replace(`/${chainName}/`, '/{chain}/').replace(new RegExp(`/${chainName}$`), '/{chain}');
  const used = Object.entries(parameters).filter(([name]) => named.includes(`{${name}}`));
  return {
    address: named,
    summary,
    servers: [{ $ref: `#/servers/${server}` }],
    parameters: Object.fromEntries(used.map(([name, description]) => [name, { description }])),
    messages: Object.fromEntries(carried.map((name) => [name, { $ref: `#/components/messages/${name}` }])),
  };
}

/** The document. */
export function asyncApiDocument(): Json {
  const entries = Object.entries(messages);
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'bizain-edge: terminals and validators',
      version: '1',
      description:
        'Bodies are deterministic CBOR on MQTT and HTTPS alike. Nothing is trusted because of where it came from: signatures, certificates and roots decide. Sizes are limits in bytes; what exceeds them is refused unread.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: httpsMediaType,
    servers: {
      broker: {
        host: 'broker.example:8883',
        protocol: 'mqtt',
        description: 'Any MQTT 3.1.1 or 5 broker of the region, over TCP, TLS or WebSocket; a pipe that nobody trusts.',
      },
      validator: {
        host: 'v1.example:7500',
        protocol: 'https',
        description:
          'A validator: HTTP/1.1 over TLS 1.3, known by the Ed25519 key in its certificate, which is its own.',
      },
    },
    channels: Object.fromEntries(Object.entries(channels).map(([name, channel]) => [name, channelOf(channel)])),
    operations,
    components: {
      messages: Object.fromEntries(
        entries.map(([name, { format, summary }]) => {
          const [schema] = schemaOf(format);
          const payload = { $ref: `#/components/schemas/${schema}` };
          return [name, { name: schema, summary, contentType: httpsMediaType, payload }];
        }),
      ),
      schemas: Object.fromEntries(entries.map(([, { format }]) => schemaOf(format))),
    },
  };
}

/** The document as it stands in the repository. */
export function asyncApiText(): string {
  return `${JSON.stringify(asyncApiDocument(), null, 2)}\n`;
}
