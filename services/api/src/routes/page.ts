import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Router } from 'express';
import helmet from 'helmet';
import sirv from 'sirv';

/** Where `npm run build` leaves the page. */
const BUILT = resolve(import.meta.dirname, '../../../web/dist');

/** Addresses that the page answers itself; each can be reloaded and sent to a colleague. */
const VIEWS = ['/', '/jobs', '/jobs/:id', '/batches', '/batches/:id', '/status'];

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
  const files = sirv(folder, { etag: true, gzip: true, brotli: true, maxAge: 31_536_000, immutable: true });
  router.use('/assets', (request, response, next) => {
    // sirv looks for the path below its folder, which the mount has taken away.
    request.url = `/assets${request.url}`;
    files(request, response, () => {
      request.url = request.url.slice('/assets'.length);
      next();
    });
  });
  router.get(VIEWS, policy, async (_request, response) => {
    response.set('Cache-Control', 'no-cache').type('html');
    response.send(await readFile(join(folder, 'index.html'), 'utf8'));
  });
  router.get('/favicon.svg', (request, response, next) => files(request, response, next));
  return router;
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
