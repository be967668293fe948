import { ProblemError } from '@parse3d/client';
import { uploadVolume } from '../api/files.js';
import type { GatheredVolume, NotTaken } from './gathered.js';
import { whyNotWhole } from './whole-file.js';
import { zipSeries } from './zip-series.js';

/** Uploads at a time: more would only wait for one another on one line. */
const AT_A_TIME = 3;
/** What is short of something is tried again so often. */
const TRIES = 3;
const PAUSE_MS = 2_000;

/** What came of sending. Uploads stand in the order of the volumes that were taken. */
export interface Sent {
  readonly uploads: readonly { readonly volume: GatheredVolume; readonly uri: string }[];
  /** Volumes that can never be sent: broken off, or refused by the server. */
  readonly notTaken: readonly NotTaken[];
}

/** Where volumes lie that were uploaded already: a second try sends only the rest. */
const known = new WeakMap<GatheredVolume, string>();

/**
 * Uploads volumes, a few at a time.
 *
 * @param onProgress told the share of all bytes that is sent, 0 to 1
 * @throws ProblemError for what has nothing to do with the one volume: no room, no right, no answer after several tries
 * @throws DOMException AbortError when `signal` aborts
 */
export async function sendAll(
  volumes: readonly GatheredVolume[],
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<Sent> {
  const total = volumes.reduce((sum, { bytes }) => sum + bytes, 0);
  const shares = new Map<GatheredVolume, number>();
  const tell = (volume: GatheredVolume, share: number): void => {
    shares.set(volume, share);
    let sent = 0;
    for (const [{ bytes }, part] of shares) sent += bytes * part;
    onProgress(total === 0 ? 0 : Math.min(1, sent / total));
  };
  const notTaken: NotTaken[] = [];
  const queue = volumes.values();
  // The first that fails for all ends the others too.
  const all = new AbortController();
  const stop = AbortSignal.any([signal, all.signal]);
  const lane = async (): Promise<void> => {
    for (const volume of queue) {
      const reason = await send(volume, (share) => tell(volume, share), stop);
      if (reason !== undefined) notTaken.push({ path: volume.path, reason });
      tell(volume, 1);
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_A_TIME }, lane));
  } catch (error) {
    all.abort();
    throw error;
  }
  const uploads = volumes.flatMap((volume) => {
    const uri = known.get(volume);
    return uri === undefined ? [] : [{ volume, uri }];
  });
  return { uploads, notTaken };
}

/** @returns why this volume cannot be sent, or undefined once it lies in the storage */
async function send(
  volume: GatheredVolume,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  signal.throwIfAborted();
  if (known.has(volume)) return undefined;
  const [first] = volume.files;
  if (first === undefined) return 'empty';
  const broken = volume.drawable ? await whyNotWhole(first) : undefined;
  if (broken !== undefined) return `broken: ${broken}`;
  const content = volume.files.length === 1 ? first : await zipSeries(volume.files, signal);
  for (let attempt = 1; ; attempt++) {
    try {
      known.set(volume, (await uploadVolume(content, onProgress, signal)).uri);
      return undefined;
    } catch (error) {
      if (!(error instanceof ProblemError)) throw error;
      if (isOfThisVolume(error)) return `refused: ${error.message} (${error.code})`;
      if (!error.retryable || attempt >= TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * attempt));
      signal.throwIfAborted();
    }
  }
}

/** Refused for what it holds or how large it is; anything else would be the same for every other volume. */
const isOfThisVolume = ({ status, code }: ProblemError): boolean =>
  status === 400 || status === 422 || code === 'payload-too-large';
