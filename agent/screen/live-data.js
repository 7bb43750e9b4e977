/** The screen's line to its agent: the key, calls, and the stream of events with reconnection. */

const keyName = 'bizain-token';
const reconnectMs = 1_000;

function keyFromAddress() {
  const address = new URL(window.location.href);
  const key = address.searchParams.get('token');
  if (key === null) return null;
  // The key must not stay in the history or be photographed with the screen.
  address.searchParams.delete('token');
  window.history.replaceState(null, '', address);
  window.sessionStorage.setItem(keyName, key);
  return key;
}

async function keyFromAgent() {
  const response = await fetch('/screen-token', { cache: 'no-store' }).catch(() => null);
  return response?.ok ? (await response.json()).token : null;
}

/** The bearer token: from the address, from this tab's earlier visit, or on the agent's own machine from the agent. */
export async function findToken() {
  return keyFromAddress() ?? (await keyFromAgent()) ?? window.sessionStorage.getItem(keyName);
}

/** A call of the API. Resolves to `{ok, status, body}`; `status` 0 when the agent does not answer. */
export async function call(token, path, body) {
  const headers = { authorization: `Bearer ${token}` };
  const request = { headers, cache: 'no-store' };
  if (body !== undefined) {
    Object.assign(request, { method: 'POST', body: JSON.stringify(body) });
    headers['content-type'] = 'application/json';
  }
  try {
    const response = await fetch(path, request);
    return { ok: response.ok, status: response.status, body: await response.json() };
  } catch {
    return { ok: false, status: 0, body: null };
  }
}

function frameOf(block) {
  const data = [];
  let id = null;
  for (const line of block.split('\n')) {
    if (line.startsWith('data:')) data.push(line.slice(5).trimStart());
    else if (line.startsWith('id:')) id = line.slice(3).trim();
  }
  return data.length === 0 ? null : { id, event: JSON.parse(data.join('\n')) };
}

async function readStream(token, lastId, onFrame) {
  const headers = { authorization: `Bearer ${token}`, accept: 'text/event-stream' };
  if (lastId !== null) headers['last-event-id'] = lastId;
  const response = await fetch('/v1/events', { headers, cache: 'no-store' });
  if (!response.ok) throw new Error(`events: ${response.status}`);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let pending = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    pending += value;
    for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n')) {
      const frame = frameOf(pending.slice(0, end));
      pending = pending.slice(end + 2);
      if (frame !== null) onFrame(frame);
    }
  }
}

/** Calls `onEvent` for each event, replayed ones first; connects again for ever. */
export async function followEvents(token, onEvent) {
  let lastId = null;
  for (;;) {
    try {
      await readStream(token, lastId, (frame) => {
        lastId = frame.id ?? lastId;
        onEvent(frame.event);
      });
    } catch {
      // The agent is away; the status poll says so on the screen.
    }
    await new Promise((resolve) => window.setTimeout(resolve, reconnectMs));
  }
}
