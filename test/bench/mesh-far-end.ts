/** The far end of the mesh bench: echoes votes, acknowledges bodies. Its own process, so that both ends have a core. */
import { createServer, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { systemClock } from '#core/clock';
import { frameOfMessage, PeerLane } from '#sync/validator/peer-lane';
import { acceptOptions, tlsIdentity } from '#sync/validator/peer-tls';
import type { LaneName } from '#sync/wire/peer-message';

const chainId = new Uint8Array(32).fill(1);
const acknowledgement = frameOfMessage({ kind: 'have-bodies', digests: [new Uint8Array(32)] });

function serve(socket: Socket, lane: LaneName): void {
  const end: PeerLane = new PeerLane(socket, {
    lane,
    clock: systemClock,
    onMessage: (message) => void end.send(message.kind === 'body' ? acknowledgement : frameOfMessage(message)),
    onClosed: () => undefined,
  });
}

// Plain TCP names no protocol: the first connection is the urgent lane, the second the bulk lane, and so on.
let plain = 0;
const tcp = createServer((socket) => serve(socket, plain++ % 2 === 0 ? 'urgent' : 'bulk'));
const tls = createTlsServer(acceptOptions(tlsIdentity(new Uint8Array(32).fill(2)), chainId));
tls.on('secureConnection', (socket: TLSSocket) =>
  serve(socket, String(socket.alpnProtocol).includes('/bulk/') ? 'bulk' : 'urgent'),
);
const portOf = async (server: typeof tcp | typeof tls): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
};
process.send?.({ tcp: await portOf(tcp), tls: await portOf(tls) });
process.once('disconnect', () => process.exit());
