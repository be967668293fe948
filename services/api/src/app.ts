import { Problem } from '@parse3d/contract/problems';
import express, { type Express } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import type { ApiDeps } from './deps.js';
import { docsRoutes } from './docs-page.js';
import { mount } from './http/mount.js';
import { quietRequests } from './http/quiet.js';
import { newRequestId, requestId } from './http/request-id.js';
import { timing } from './http/timing.js';
import { traceRequests } from './http/tracing.js';
import { closeUnreadBodies, problemHandler } from './problems.js';
import { apiOperations } from './routes/index.js';
import { pageRoutes } from './routes/page.js';

/** The api as an Express app that does not listen. */
export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(helmet({ contentSecurityPolicy: { directives: contentSecurity } }));
  app.use(
    pinoHttp({
      logger: deps.log,
      genReqId: newRequestId,
      // Probes come every few seconds and tell nothing; headers and URLs can hold secrets.
      autoLogging: { ignore: (request) => request.url === '/healthz' || request.url === '/readyz' },
      serializers: {
        req: ({ id, method, url }: { id: string; method: string; url: string }) => ({
          id,
          method,
          path: url.split('?')[0],
        }),
        res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
      },
      customLogLevel: (_request, _response, error) => (error ? 'warn' : 'debug'),
    }),
  );
  app.use((request, response, next) => {
    response.setHeader('X-Request-Id', requestId(request));
    next();
  });
  app.use(quietRequests, closeUnreadBodies);
  app.use(traceRequests(deps.tracing), timing(deps.metrics));
  const operations = apiOperations();
  app.use(mount(operations, deps), docsRoutes(operations, deps), pageRoutes());
  app.use((request) => {
    throw new Problem('not-found', `nothing answers ${request.method} ${request.path}; /openapi.json lists what does`);
  });
  app.use(problemHandler);
  return app;
}

/** The page that shows the API brings its own scripts and styles; nothing comes from another host. */
const contentSecurity = {
  'default-src': ["'self'"],
  'script-src': ["'self'"],
  'style-src': ["'self'", "'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'connect-src': ["'self'"],
  'frame-ancestors': ["'none'"],
  'upgrade-insecure-requests': null,
};
