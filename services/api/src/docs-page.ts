import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import express, { Router } from 'express';
import type { ApiDeps } from './deps.js';
import { openApiDocument } from './openapi.js';
import type { Operation } from './http/operation.js';

/** `/openapi.json`, and `/docs`, a page that shows it, served from here alone. */
export function docsRoutes(operations: readonly Operation[], deps: ApiDeps): Router {
  const router = Router();
  const document = openApiDocument(deps.control.software.version, deps.config.PARSE3D_PUBLIC_URL, operations);
  router.get('/openapi.json', (_request, response) => {
    response.json(document);
  });

  const assets = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
  router.get('/docs', (_request, response) => {
    response.type('html').send(PAGE);
  });
  router.get('/docs/start.js', (_request, response) => {
    response.type('js').send(START);
  });
  for (const file of ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png']) {
    router.use(`/docs/${file}`, express.static(`${assets}/${file}`, { maxAge: '1d' }));
  }
  return router;
}

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>parse3d API</title>
    <link rel="icon" href="/docs/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/swagger-ui.css" />
  </head>
  <body>
    <main id="api"></main>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({ url: '/openapi.json', dom_id: '#api', deepLinking: true, persistAuthorization: false });
`;
