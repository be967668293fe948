import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import express, { Router, type Request, type RequestHandler, type Response } from 'express';
import helmet from 'helmet';

/** Where `npm run build` leaves the page. */
const BUILT = resolve(import.meta.dirname, '../../../web/dist');

/** Addresses that the page answers itself; each can be reloaded and sent to a colleague. */
const VIEWS = ['/', '/jobs', '/jobs/:id', '/shared/:id', '/compare/:id/:other', '/batches', '/batches/:id', '/status'];

/**
 * The page and its files, compressed when they were built. Everything that it loads comes from here: scripts and styles
 * from files alone, images also from memory (previews, which need the API key, and the viewer's letters).
 */
export function pageRoutes(folder: string = BUILT): Router {
  const router = Router();
  const policy = helmet.contentSecurityPolicy({ useDefaults: false, directives: pageSecurity });
  if (!existsSync(join(folder, 'index.html'))) {
    router.get('/', (_request, response) => {
      response.json({
        name: 'parse3d',
        detail: 'The page is not built; "npm run build" makes it. The API is here.',
        docs: '/docs',
        openapi: '/openapi.json',
      });
    });
    return router;
  }
  router.use('/assets', chooseEncoding, builtFiles(join(folder, 'assets')), (_request, response, next) => {
    // There is no such file; the answer that says so is not compressed.
    response.removeHeader('Content-Encoding');
    next();
  });
  const sendPage = async (response: Response): Promise<void> => {
    response.set('Cache-Control', 'no-cache').type('html');
    response.send(await readFile(join(folder, 'index.html'), 'utf8'));
  };
  router.get(VIEWS, policy, async (_request, response) => sendPage(response));
  router.get('/favicon.svg', (_request, response) => {
    response.sendFile('favicon.svg', { root: folder, maxAge: '1d' });
  });
  // A person is told in the page; a program, which asks for JSON or anything, gets the problem that follows.
  router.get(
    '/{*path}',
    (request, _response, next) => next(isPerson(request) ? undefined : 'router'),
    policy,
    async (_request, response) => {
      response.status(404);
      await sendPage(response);
    },
  );
  return router;
}

/** True for an address typed into a browser, outside the API. */
const isPerson = (request: Request): boolean =>
  !/^\/(v1|assets)\//.test(request.path) && request.accepts(['json', 'html']) === 'html';

const encodings = { br: 'br', gzip: 'gz' } as const;

/** Takes the compressed twin of a file where the browser can read it: the build made one of each. */
const chooseEncoding: RequestHandler = (request, response, next) => {
  response.vary('Accept-Encoding');
  // Browsers name both with equal weight, gzip first; brotli is smaller.
  const encoding = (['br', 'gzip'] as const).find((name) => request.acceptsEncodings(name) !== false);
  if (encoding !== undefined && /\.(js|css|svg)$/.test(request.path)) {
    response.set('Content-Encoding', encoding);
    request.url = `${request.path}.${encodings[encoding]}`;
  }
  next();
};

/** Names hold a hash of the content, so that a browser never asks twice. */
function builtFiles(folder: string): RequestHandler {
  const setHeaders = (response: Response, path: string): void => {
    response.type(extname(path.replace(/\.(br|gz)$/, '')));
  };
  return express.static(folder, { index: false, immutable: true, maxAge: '1y', setHeaders });
}

const pageSecurity = {
  'default-src': ["'none'"],
  'script-src': ["'self'"],
  'style-src': ["'self'"],
  'img-src': ["'self'", 'data:', 'blob:'],
  'connect-src': ["'self'"],
  'base-uri': ["'none'"],
  'form-action': ["'none'"],
  'frame-ancestors': ["'none'"],
  'require-trusted-types-for': ["'script'"],
};
