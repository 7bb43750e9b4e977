import { describe, expect, it } from 'vitest';
import { booksSchema, codeBodySchema, statusSchema, verdictSchema } from '#agent/api/api-schemas';
import { apiCalls, openApiDocument } from '#agent/api/openapi';
import { scriptedBooks, statusOf, verdictOf } from '../../integration/api/scripted-terminal.ts';

describe('the OpenAPI page', () => {
  it('describes every call, and the bodies by the schemas that check them', () => {
    const document = openApiDocument('1.2.3', 'http://127.0.0.1:1') as {
      openapi: string;
      paths: Record<
        string,
        Record<string, { requestBody?: { content: Record<string, { schema: { properties: object } }> } }>
      >;
    };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual([...new Set(apiCalls.map(({ path }) => path))]);
    const scan = document.paths['/v1/scan']?.['post']?.requestBody?.content['application/json']?.schema.properties;
    expect(Object.keys(scan ?? {})).toEqual(Object.keys(codeBodySchema.shape));
  });

  it('its answers are what a terminal gives: a member that is added or lost shows here', () => {
    expect(verdictSchema.strict().parse(verdictOf())).toEqual(verdictOf());
    expect(booksSchema.strict().parse(scriptedBooks)).toEqual(scriptedBooks);
    expect(statusSchema.parse(statusOf())).toEqual(statusOf());
  });
});
