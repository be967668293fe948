import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './public-address.js';

export interface PostOptions {
  /** Plain HTTP and addresses inside the network are allowed: for trials on one machine. */
  readonly allowInsecure: boolean;
  /** All addresses of a host. @default the system's resolver */
  readonly resolve?: (host: string) => Promise<LookupAddress[]>;
  /** Time for everything, from looking the host up to the end of the answer. @default 15000 */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

const TIMEOUT_MS = 15_000;

/** An answer is read so far, to leave the connection in order, and is not looked at. Unit: bytes. */
const MAX_ANSWER_BYTES = 64 * 1024;

/** Why nothing may be sent to this address, or undefined when it looks allowed. What it resolves to is seen later. */
export function whyRefused(url: URL, allowInsecure: boolean): string | undefined {
  if (url.username !== '' || url.password !== '') return 'the address must hold no user and password';
  if (url.hash !== '') return 'the address must have no fragment';
  if (allowInsecure) return url.protocol === 'https:' || url.protocol === 'http:' ? undefined : 'expected https';
  if (url.protocol !== 'https:') return 'expected https';
  const host = hostOf(url);
  if (isIP(host) !== 0 && !isPublicAddress(host)) return `${host} is no public address`;
  if (/(^|\.)(localhost|local|internal|localdomain)\.?$/i.test(host)) return `${host} is no public name`;
  return undefined;
}

/**
 * Posts to an address that a tenant chose, and tells the status. Follows no redirect. The host is looked up once, every
 * address it has must be public, and the connection goes to the very address that was checked: a name that changes its
 * mind in between (DNS rebinding) changes nothing.
 *
 * @throws Error saying what failed
 */
export async function post(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  options: PostOptions,
): Promise<number> {
  const refused = whyRefused(url, options.allowInsecure);
  if (refused !== undefined) throw new Error(refused);
  const deadline = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([deadline, options.signal]);
  try {
    return await send(url, headers, body, checkedLookup(options), signal);
  } catch (error) {
    if (deadline.aborted) throw new Error(`no answer within ${options.timeoutMs ?? TIMEOUT_MS} ms`, { cause: error });
    throw error;
  }
}

function send(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: string,
  lookup: LookupFunction,
  signal: AbortSignal,
): Promise<number> {
  const request = url.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise((resolve, reject) => {
    const sending = request(
      url,
      {
        method: 'POST',
        headers: { ...headers, 'Content-Length': String(Buffer.byteLength(body)) },
        lookup,
        signal,
        // A connection of its own, which no other tenant's request made.
        agent: false,
      },
      (response) => {
        const status = response.statusCode ?? 0;
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MAX_ANSWER_BYTES) response.destroy();
        });
        // The status is the answer, however the rest of it goes.
        response.on('close', () => resolve(status));
        response.on('error', () => undefined);
      },
    );
    sending.on('error', reject);
    sending.end(body);
  });
}

/** What the connection asks for the host's address: the check and the use are one. */
function checkedLookup({ allowInsecure, resolve = resolveAll }: PostOptions): LookupFunction {
  return (host, { all }, callback) => {
    resolve(host).then(
      (addresses) => {
        const closed = addresses.find(({ address }) => !isPublicAddress(address));
        const [first] = addresses;
        if (first === undefined) callback(new Error(`${host} has no address`), '', 0);
        else if (closed !== undefined && !allowInsecure) {
          // Which address that is would tell of the network in here.
          callback(new Error(`${host} leads to what is no public address`), '', 0);
        } else if (all === true) callback(null, [...addresses]);
        else callback(null, first.address, first.family);
      },
      (error: unknown) => callback(error instanceof Error ? error : new Error(String(error)), '', 0),
    );
  };
}

function resolveAll(host: string): Promise<LookupAddress[]> {
  return new Promise((resolve, reject) => {
    systemLookup(host, { all: true }, (error, addresses) => {
      if (error === null) resolve(addresses);
      else reject(error);
    });
  });
}

/** IPv6 stands in brackets in URLs. */
const hostOf = (url: URL): string => url.hostname.replace(/^\[(.*)\]$/, '$1');
