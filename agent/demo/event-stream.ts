/** A reader of server-sent events (WHATWG HTML, section 9.2) over fetch, for one local API. */

/** One event: its name and its parsed JSON data. */
export interface StreamedEvent {
  readonly name: string;
  readonly data: unknown;
}

const pendingCharsMax = 1_048_576;

function parseEvent(block: string): StreamedEvent | null {
  let name = 'message';
  const data: string[] = [];
  for (const line of block.split('\n')) {
    if (line.startsWith('event:')) name = line.slice(6).trim();
    else if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
  }
  if (data.length === 0) return null;
  try {
    return { name, data: JSON.parse(data.join('\n')) };
  } catch {
    return null;
  }
}

/**
 * Opens the stream and calls the listener for each event until `signal` aborts or the server ends it.
 * Resolves once the server has accepted the stream; `ended` resolves when it is over.
 */
export async function readEventStream(
  request: { readonly url: string; readonly token: string; readonly signal: AbortSignal },
  listener: (event: StreamedEvent) => void,
): Promise<{ readonly ended: Promise<void> }> {
  const response = await fetch(request.url, {
    headers: { authorization: `Bearer ${request.token}`, accept: 'text/event-stream' },
    signal: request.signal,
  });
  if (!response.ok || response.body === null) throw new Error(`${request.url} answered ${response.status}`);
  const body = response.body;
  const pump = async () => {
    const decoder = new TextDecoder();
    let pending = '';
    for await (const chunk of body) {
      pending += decoder.decode(chunk, { stream: true }).replaceAll('\r\n', '\n');
      for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
        const event = parseEvent(pending.slice(0, end));
        pending = pending.slice(end + 2);
        if (event !== null) listener(event);
      }
      if (pending.length > pendingCharsMax) throw new Error('event too long');
    }
  };
  return { ended: pump().catch(() => undefined) };
}
