import type { ApiKeyRecord } from '@parse3d/platform/access';
import type { Request, Response } from 'express';
import type { z } from 'zod';
import type { ApiConfig } from '../config.js';
import type { ApiDeps } from '../deps.js';
import type { Answers, CommonErrors } from './answers.js';
import { authorise, type Access } from './auth.js';
import type { Body } from './body.js';
import { keepingPace, type PaceLimits } from './pace.js';
import { parseRequest } from './parse.js';
import { whileKeyStands } from './watch-key.js';

type Parameters<T> = z.ZodType<T, Record<string, unknown>>;

/** What a handler gets: everything that the declaration names, parsed. */
export interface Call<A extends Access, P, Q, H, B> {
  readonly params: P;
  readonly query: Q;
  readonly headers: H;
  /** Undefined where the body streams: it is read from `request`. */
  readonly body: B;
  /** The key of the request, of its session, or of who made its link. */
  readonly caller: A extends 'public' | 'events-token' ? undefined : ApiKeyRecord;
  /** Whose share of what is counted the request takes: a link has one of its own, lest it use up that of its key. */
  readonly holder: A extends 'public' | 'events-token' ? undefined : string;
  readonly request: Request;
  readonly response: Response;
}

/** How a route is described to clients, and where it lies. */
interface Described {
  readonly method: 'get' | 'post' | 'patch' | 'delete' | 'options';
  /** A template such as `/v1/jobs/{id}`. `{+path}` takes all that is left, slashes too. */
  readonly path: `/${string}`;
  /** The `operationId`. A route without one is not part of the published API. */
  readonly id?: string;
  readonly summary: string;
  readonly description?: string;
  readonly tag: 'volumes' | 'jobs' | 'outputs' | 'batches' | 'rules' | 'webhooks' | 'packs' | 'operations';
  readonly answers: Answers;
  /** Whether a link to the job that `id` of the path names opens it too: for what only reads. */
  readonly takesLinks?: true;
  /** Errors besides those that every operation with a key has. */
  readonly errors?: CommonErrors;
}

/** One route: its place, who may use it, what it takes and answers, and what it does. */
export interface Declaration<A extends Access, P, Q, H, B> extends Described {
  /** Checked before anything of the body is read. */
  readonly scope: A;
  readonly params?: Parameters<P>;
  readonly query?: Parameters<Q>;
  /** Headers that the handler reads, in lower case. */
  readonly headers?: Parameters<H>;
  readonly body?: Body<B>;
  handler(call: Call<A, P, Q, H, B>, deps: ApiDeps): void | Promise<void>;
}

/** A declared route, whatever it takes: `mount` serves it and `openApiDocument` describes it. */
export interface Operation extends Described {
  readonly scope: Access;
  readonly params?: Parameters<unknown>;
  readonly query?: Parameters<unknown>;
  readonly headers?: Parameters<unknown>;
  readonly body?: Body<unknown>;
  /** Checks the key, then parses what the URL and headers hold, then reads the body, then runs the handler. */
  serve(request: Request, response: Response, deps: ApiDeps): Promise<void>;
}

/** Declares a route. What it does not name its handler does not get. */
export function operation<const A extends Access, P = undefined, Q = undefined, H = undefined, B = undefined>(
  declaration: Declaration<A, P, Q, H, B>,
): Operation;
export function operation(declaration: Declaration<Access, unknown, unknown, unknown, unknown>): Operation {
  return {
    ...declaration,
    async serve(request, response, deps) {
      const letIn = await authorise(declaration.scope, request, deps, declaration.takesLinks);
      const call = {
        caller: letIn?.key,
        holder: letIn?.holder,
        params: declaration.params && parseRequest(declaration.params, pathParams(request)),
        query: declaration.query && parseRequest(declaration.query, request.query),
        headers: declaration.headers && parseRequest(declaration.headers, request.headers),
        request,
        response,
      };
      const { body } = declaration;
      const watched = (work: () => Promise<void>): Promise<void> => whileKeyStands(letIn, response, deps, work);
      if (body === undefined) return watched(async () => declaration.handler({ ...call, body: undefined }, deps));
      const limits = paceLimits(deps.config);
      const read = async (): Promise<unknown> => {
        // Only now it is worth sending.
        if (request.get('expect')?.toLowerCase() === '100-continue') response.writeContinue();
        return body.read(request, response);
      };
      if (body.streams) {
        const work = async (): Promise<void> => declaration.handler({ ...call, body: await read() }, deps);
        return watched(() => keepingPace(request, true, limits, work));
      }
      const whole = await keepingPace(request, false, limits, read);
      return watched(async () => declaration.handler({ ...call, body: whole }, deps));
    },
  };
}

const paceLimits = (config: ApiConfig): PaceLimits => ({
  wholeMs: config.PARSE3D_BODY_TIMEOUT,
  bytesPerSecond: config.PARSE3D_MIN_UPLOAD_RATE,
  windowMs: 10_000,
});

/** Express gives what a wildcard matched in pieces. */
const pathParams = ({ params }: Request): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(params).map(([name, value]) => [name, Array.isArray(value) ? value.join('/') : value]),
  );
