/** Calls of the local API of a running agent, for the commands that ask it. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { BizainError } from '#core/errors';
import type { CliErrorCode } from './errors.ts';

/** Where the agent is, as options say it. */
export interface AgentOptions {
  readonly config?: string;
  readonly api?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

const answerMsMax = 35_000;
const tokenBytesMax = 256;

/** Adds the options that name an agent. */
export function withAgentOptions(command: Command): Command {
  return command
    .option('--config <file>', "the agent's configuration: gives address and token")
    .option('--api <url>', 'address of the agent, e.g. http://127.0.0.1:7380')
    .option('--token-file <file>', 'file that holds the API token')
    .option('--json', 'answer as one line of JSON');
}

function fail(code: CliErrorCode, message: string, cause?: unknown): never {
  throw new BizainError({ code, message, cause });
}

async function addressOf(options: AgentOptions): Promise<{ url: string; tokenFile: string }> {
  let url = options.api;
  let { tokenFile } = options;
  if (options.config !== undefined) {
    const { loadTerminalConfig } = await import('../config/terminal-config.ts');
    const { api } = loadTerminalConfig(options.config);
    tokenFile ??= api.tokenFile;
    if (api.port !== 0) url ??= `http://${api.host.includes(':') ? `[${api.host}]` : api.host}:${api.port}`;
  }
  if (tokenFile === undefined)
    return fail('USAGE', 'Name the agent with --config FILE, or with --api URL and --token-file FILE.');
  if (url === undefined) return fail('USAGE', 'This agent takes any free port: give its address with --api URL.');
  return { url: url.replace(/\/+$/, ''), tokenFile };
}

function readToken(file: string): string {
  try {
    const text = readFileSync(file, 'utf8').trim();
    if (/^[\x21-\x7e]+$/.test(text) && text.length <= tokenBytesMax) return text;
  } catch (cause) {
    return fail(
      'FILE_UNUSABLE',
      `Reading the token file ${file} failed. Start the agent once, or run as its user.`,
      cause,
    );
  }
  return fail('FILE_UNUSABLE', `The file ${file} holds no API token.`);
}

/**
 * One call. Resolves with the JSON body of a 2xx or 409 answer.
 * @throws BizainError `AGENT_UNREACHABLE`, `AGENT_REFUSED`, `USAGE`, `FILE_UNUSABLE`.
 */
export async function callAgent(options: AgentOptions, path: string, body?: object): Promise<unknown> {
  const { url, tokenFile } = await addressOf(options);
  const token = readToken(tokenFile);
  let response: Response;
  try {
    response = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: {
        authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(answerMsMax),
    });
  } catch (cause) {
    return fail('AGENT_UNREACHABLE', `No agent answers at ${url}. Start it with: bizain agent --config FILE`, cause);
  }
  const answer: unknown = await response.json().catch(() => null);
  if (response.ok || response.status === 409) return answer;
  const said = typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
  return fail(
    'AGENT_REFUSED',
    `The agent refused (${String(said['error'] ?? response.status)}): ${String(said['message'] ?? '')}`,
  );
}
