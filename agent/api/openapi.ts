/** The OpenAPI 3.1 page of the local API, made from the schemas that check the requests. */
import { z } from 'zod';
import {
  basketAnswerSchema,
  booksSchema,
  closeBodySchema,
  codeBodySchema,
  queueSchema,
  refusalSchema,
  rehearsalSchema,
  releaseBodySchema,
  statusSchema,
  verdictSchema,
} from './api-schemas.ts';

interface Call {
  readonly method: 'get' | 'post';
  readonly path: string;
  readonly summary: string;
  readonly body?: z.ZodType;
  readonly answer?: z.ZodType;
}

/** Every call of the local API under /v1, in the order of its documentation. */
export const apiCalls: readonly Call[] = [
  {
    method: 'post',
    path: '/v1/scan',
    summary: 'Judges a code in the mode of the terminal and takes it.',
    body: codeBodySchema,
    answer: verdictSchema,
  },
  {
    method: 'post',
    path: '/v1/verify',
    summary: 'Judges a code and takes nothing.',
    body: codeBodySchema,
    answer: verdictSchema,
  },
  {
    method: 'post',
    path: '/v1/redeem',
    summary: 'Takes a coupon or sells a product, whatever the mode.',
    body: codeBodySchema,
    answer: verdictSchema,
  },
  {
    method: 'post',
    path: '/v1/baskets/{id}/close',
    summary: 'Captures all coupons of a basket, all or nothing.',
    body: closeBodySchema,
    answer: basketAnswerSchema,
  },
  {
    method: 'post',
    path: '/v1/baskets/{id}/release',
    summary: 'Gives all coupons of a basket back.',
    body: releaseBodySchema,
    answer: basketAnswerSchema,
  },
  { method: 'get', path: '/v1/status', summary: 'Health of the terminal.', answer: statusSchema },
  { method: 'get', path: '/v1/queue', summary: 'Entries that wait for their receipt.', answer: queueSchema },
  { method: 'get', path: '/v1/books', summary: 'Books of the shift.', answer: booksSchema },
  {
    method: 'get',
    path: '/v1/rehearsal',
    summary: 'What the last scans would have got with the line cut.',
    answer: rehearsalSchema,
  },
  {
    method: 'get',
    path: '/v1/events',
    summary:
      'Server-sent events: the last 100, then live. Event names: verdict, settlement, basket, line, shard, mode, alarm; data is the event as JSON. Last-Event-ID resumes.',
  },
  { method: 'get', path: '/v1/openapi.json', summary: 'This page.' },
];

function schemaOf(schema: z.ZodType): object {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as Record<string, unknown>;
  return rest;
}

function json(schema: z.ZodType): object {
  return { 'application/json': { schema: schemaOf(schema) } };
}

function operationOf(call: Call): object {
  const answer =
    call.answer === undefined
      ? { description: call.summary, ...(call.path === '/v1/events' ? { content: { 'text/event-stream': {} } } : {}) }
      : { description: call.answer.description ?? call.summary, content: json(call.answer) };
  return {
    summary: call.summary,
    ...(call.path.includes('{id}')
      ? {
          parameters: [
            { name: 'id', in: 'path', required: true, schema: { type: 'string', pattern: '^[0-9a-f]{32}$' } },
          ],
        }
      : {}),
    ...(call.body === undefined ? {} : { requestBody: { required: true, content: json(call.body) } }),
    responses: {
      '200': answer,
      ...(call.answer === basketAnswerSchema
        ? { '409': { description: 'Nothing changed; the text says why.', content: json(basketAnswerSchema) } }
        : {}),
      default: { description: refusalSchema.description ?? '', content: json(refusalSchema) },
    },
  };
}

/** The OpenAPI document. `version`: of the package; `url`: where it is served. */
export function openApiDocument(version: string, url: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const call of apiCalls) paths[call.path] = { ...paths[call.path], [call.method]: operationOf(call) };
  return {
    openapi: '3.1.0',
    info: {
      title: 'bizain-edge local API',
      version,
      description: 'Served by each terminal on its own machine. Amounts are decimal strings of base units.',
    },
    servers: [{ url }],
    security: [{ token: [] }],
    components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
    paths,
  };
}
