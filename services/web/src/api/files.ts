import { ProblemError, problemFrom, type UploadedVolume } from '@parse3d/client';
import { bearer, PAGE_HEADER } from '../session.js';
import { server } from './server.js';

/** A file of the server, with progress from 0 to 1 where the server names the length. */
export async function download(
  path: string,
  onProgress: (share: number) => void = () => undefined,
  signal?: AbortSignal,
): Promise<ArrayBuffer> {
  const { bytes: total, body } = await server.value.download(path, { signal });
  if (total === undefined || total === 0) return new Response(body).arrayBuffer();
  const bytes = new Uint8Array(total);
  let received = 0;
  const reader = body.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes.set(next.value, received);
    received += next.value.length;
    onProgress(received / total);
  }
  return bytes.buffer;
}

/** A text file of the server. @throws Error for one that is larger than the limit, in bytes */
export async function downloadText(path: string, most: number): Promise<string> {
  const { bytes, body } = await server.value.download(path);
  if (bytes === undefined || bytes <= most) return new Response(body).text();
  await body.cancel();
  throw new Error(`It has ${bytes.toLocaleString('en')} bytes, more than a browser should read; download it instead.`);
}

/** The address of a picture in memory, which the caller revokes. */
export async function fetchPicture(path: string, signal?: AbortSignal): Promise<string> {
  return URL.createObjectURL(new Blob([await download(path, undefined, signal)], { type: 'image/png' }));
}

/** Fetches a file and hands it to the browser as a download, so that what goes wrong can be told. */
export async function saveFile(path: string, name: string): Promise<void> {
  const { body } = await server.value.download(path);
  saveBlob(await new Response(body).blob(), name);
}

/** The same for what may be too large to be held here: with a session the browser writes it to the disk as it comes. */
export async function saveLarge(path: string, name: string): Promise<void> {
  if (bearer.value === undefined) follow(path, name);
  else await saveFile(path, name);
}

/** Hands something made here to the browser as a download. */
export function saveBlob(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  follow(url, name);
  // By then the browser has taken it.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

function follow(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}

/** Uploads a file as it is. In most browsers `fetch` cannot tell how far an upload has come, XMLHttpRequest can. */
export function uploadVolume(
  file: Blob,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<UploadedVolume> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const upload = new XMLHttpRequest();
    upload.open('POST', '/v1/volumes');
    upload.setRequestHeader(PAGE_HEADER, '1');
    if (bearer.value !== undefined) upload.setRequestHeader('Authorization', `Bearer ${bearer.value}`);
    upload.setRequestHeader('Content-Type', 'application/octet-stream');
    upload.responseType = 'json';
    upload.upload.onprogress = (event) => onProgress(event.lengthComputable ? event.loaded / event.total : 0);
    upload.onload = () => {
      const answer: unknown = upload.response;
      if (upload.status === 201) resolve(answer as UploadedVolume);
      else reject(problemFrom(upload.status, answer, location.origin));
    };
    upload.onerror = () => reject(brokenOff());
    upload.onabort = () => reject(new DOMException('canceled', 'AbortError'));
    signal.addEventListener('abort', () => upload.abort(), { once: true });
    upload.send(file);
  });
}

const brokenOff = (): ProblemError =>
  new ProblemError({ code: 'upload-broken', title: 'The upload broke off', detail: 'Try it again.', status: 0 });
