import { Problem } from '@parse3d/contract/problems';
import express, { type Request, type RequestHandler, type Response } from 'express';
import { z } from 'zod';
import type { ZodOpenApiContentObject, ZodOpenApiRequestBodyObject } from 'zod-openapi';
import { parseRequest } from './parse.js';

/** Largest body that is held as a whole. */
const MAX_TEXT = '1mb';

/** How an operation takes its body: described to clients, and read once it is known who asks. */
export interface Body<B> {
  readonly described: ZodOpenApiRequestBodyObject;
  /** True where the handler reads the body as it arrives: then its size is bounded by the handler, its pace here. */
  readonly streams: boolean;
  /** True where a body of another content type is refused. */
  readonly needsType: boolean;
  /** @throws Problem `request-invalid`, `payload-too-large`, `unsupported-media-type` */
  read(request: Request, response: Response): Promise<B>;
}

/** JSON of at most 1 MiB. */
export function jsonBody<T extends z.ZodType>(schema: T): Body<z.output<T>> {
  return {
    described: { required: true, content: { 'application/json': { schema } } },
    streams: false,
    needsType: false,
    read: async (request, response) => parseRequest(schema, await parsedBody(request, response)),
  };
}

/** JSON that may be left out, which stands for `{}`. */
export function optionalJsonBody<T extends z.ZodType>(schema: T): Body<z.output<T>> {
  return {
    described: { required: false, content: { 'application/json': { schema } } },
    streams: false,
    needsType: true,
    async read(request, response) {
      // A body that is not read as JSON would be taken for none, and what it restricts would be ignored.
      if (request.get('content-length') !== '0') requireType(request, ['application/json']);
      return parseRequest(schema, (await parsedBody(request, response)) ?? {});
    },
  };
}

/** JSON under whatever type its sender calls it, as text. */
export function textBody(described: z.ZodType): Body<string> {
  return {
    described: { required: true, content: { 'application/json': { schema: described } } },
    streams: false,
    needsType: false,
    async read(request, response) {
      await run(readText, request, response);
      return z.string().catch('').parse(request.body);
    },
  };
}

/** A body that the handler reads as it arrives. @param types that are accepted, besides those that are described */
export function streamedBody(content: ZodOpenApiContentObject, types: readonly string[] = []): Body<undefined> {
  const accepted = Object.keys(content);
  return {
    described: { required: true, content },
    streams: true,
    needsType: true,
    read(request) {
      // None at all is as wrong as another one.
      if (!request.is([...accepted, ...types])) throw wrongType(request, accepted);
      return Promise.resolve(undefined);
    },
  };
}

function requireType(request: Request, types: string[]): void {
  // `null` stands for a request without a body.
  if (request.is(types) === false) throw wrongType(request, types);
}

const wrongType = (request: Request, types: readonly string[]): Problem => {
  const expected = types.length === 1 ? types.join('') : `${types.slice(0, -1).join(', ')} or ${types.at(-1)}`;
  const got = request.get('content-type') ?? 'none';
  return new Problem('unsupported-media-type', `expected Content-Type ${expected}, got ${got}`);
};

const readJson = express.json({ limit: MAX_TEXT });
const readText = express.text({ type: () => true, limit: MAX_TEXT });

async function parsedBody(request: Request, response: Response): Promise<unknown> {
  await run(readJson, request, response);
  return request.body as unknown;
}

/** @throws Problem for what Express' parsers complain of */
async function run(parser: RequestHandler, request: Request, response: Response): Promise<void> {
  const failure = await new Promise<unknown>((resolve) => void parser(request, response, resolve));
  if (!(failure instanceof Error)) return;
  const parsed = ParserFailure.safeParse(failure);
  if (!parsed.success || parsed.data.type === 'request.aborted') throw failure;
  if (parsed.data.status === 413) {
    throw new Problem('payload-too-large', 'the request body is larger than 1 MiB of JSON');
  }
  throw new Problem('request-invalid', parsed.data.message);
}

/** What a parser of Express calls the client's fault. */
const ParserFailure = z.object({ status: z.int().min(400).max(499), type: z.string(), message: z.string() });
