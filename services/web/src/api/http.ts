import { apiKey, signOut } from '../session.js';

/** An error answer of the API: RFC 9457, with the code at the end of `type`. */
export class ApiProblem extends Error {
  readonly status: number;
  readonly code: string;
  readonly title: string;
  readonly fields: Record<string, unknown>;

  constructor(status: number, body: Record<string, unknown>) {
    super(typeof body['detail'] === 'string' ? body['detail'] : `the server answered ${status}`);
    this.status = status;
    this.code = String(body['type'] ?? 'internal').replace('/problems/', '');
    this.title = typeof body['title'] === 'string' ? body['title'] : 'The request failed';
    this.fields = body;
  }
}

/**
 * One request with the key of the session.
 * @throws ApiProblem for every answer that is no success, and `unreachable` when there is none
 */
export async function request(path: string, init: RequestInit = {}): Promise<Response> {
  const key = apiKey.value;
  const headers = new Headers(init.headers);
  if (key !== undefined) headers.set('Authorization', `Bearer ${key}`);
  let response: Response;
  try {
    response = await fetch(path, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted === true) throw error;
    throw new ApiProblem(0, {
      type: '/problems/unreachable',
      title: 'The server does not answer',
      detail: 'It may be restarting, or this machine is offline. What was accepted goes on.',
    });
  }
  if (response.ok) return response;
  const problem = await problemOf(response);
  if (response.status === 401 && key !== undefined) signOut('The server does not know this key, or it has expired.');
  throw problem;
}

async function problemOf(response: Response): Promise<ApiProblem> {
  const body: unknown = await response.json().catch(() => ({}));
  return new ApiProblem(response.status, body instanceof Object ? { ...body } : {});
}

/** The answer's JSON. Server and page come from one build, so the published type is taken at its word. */
export async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await (await request(path, init)).json()) as T;
}

export function post<T>(path: string, body?: unknown): Promise<T> {
  return json<T>(path, {
    method: 'POST',
    ...(body === undefined ? {} : { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) }),
  });
}
