import { readFileSync } from 'node:fs';
import type { Server } from 'node:http';
import { isIPv6, type Socket } from 'node:net';

export interface ConnectionLimits {
  /** Connections in all. */
  readonly max: number;
  /** Connections of one address, or of one /64 of IPv6; 0 for no such limit. */
  readonly perAddress: number;
}

/** Sockets on which a valid key or token was shown. */
const known = new WeakSet<Socket>();

/** Remembers that the connection's other end is one of ours: it is not closed to make room for strangers. */
export function markKnown(socket: Socket): void {
  known.add(socket);
}

/**
 * Bounds the connections of a server. A new one is always let in as long as there is a stranger to close in its place:
 * the oldest connection, of the same address first, on which no key was shown. So slow strangers fill no table.
 *
 * @param onDropped called with the limit for every connection that is closed
 */
export function boundConnections(
  server: Server,
  { max, perAddress }: ConnectionLimits,
  onDropped: (limit: 'all' | 'address') => void,
): void {
  /** In the order in which they came. */
  const open = new Map<Socket, string>();
  const counts = new Map<string, number>();
  const forget = (socket: Socket): void => {
    const address = open.get(socket);
    if (address === undefined) return;
    open.delete(socket);
    const left = (counts.get(address) ?? 1) - 1;
    if (left === 0) counts.delete(address);
    else counts.set(address, left);
  };
  const makeRoom = (limit: 'all' | 'address', newcomer: Socket, among: (address: string) => boolean): void => {
    let victim = newcomer;
    for (const [socket, address] of open) {
      if (known.has(socket) || !among(address)) continue;
      victim = socket;
      break;
    }
    forget(victim);
    victim.destroy();
    onDropped(limit);
  };
  server.on('connection', (socket) => {
    const address = networkOf(socket.remoteAddress ?? '');
    open.set(socket, address);
    counts.set(address, (counts.get(address) ?? 0) + 1);
    socket.on('close', () => forget(socket));
    if (perAddress > 0 && (counts.get(address) ?? 0) > perAddress)
      makeRoom('address', socket, (one) => one === address);
    if (open.size > max) makeRoom('all', socket, () => true);
  });
}

/** A subscriber of IPv6 has a whole /64 of addresses; IPv4 within IPv6 is IPv4. */
function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  if (!isIPv6(address)) return address;
  const [head = '', tail] = address.split('::');
  const groups = head.split(':').filter((group) => group !== '');
  const rest = tail === undefined ? [] : tail.split(':');
  const zeros = Array.from({ length: Math.max(0, 8 - groups.length - rest.length) }, () => '0');
  return [...groups, ...zeros, ...rest].slice(0, 4).join(':');
}

/** Files that this process may have open, or undefined where the system does not say. */
export function openFilesLimit(): number | undefined {
  try {
    const soft = /^Max open files\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return soft === undefined ? undefined : Number(soft);
  } catch {
    return undefined;
  }
}
