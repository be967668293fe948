import { Problem } from '@parse3d/contract/problems';
import express, { type Express } from 'express';
import helmet from 'helmet';
import { pinoHttp } from 'pino-http';
import { randomUUID } from 'node:crypto';
import type { ApiDeps } from './deps.js';
import { timing } from './http/timing.js';
import { traceRequests } from './http/tracing.js';
import { problemHandler } from './problems.js';
import { batchRoutes } from './routes/batches.js';
import { derivativeRoutes } from './routes/derivatives.js';
import { docsRoutes } from './routes/docs.js';
import { eventRoutes } from './routes/events.js';
import { healthRoutes } from './routes/health.js';
import { jobRoutes } from './routes/jobs.js';
import { outputRoutes } from './routes/outputs.js';
import { packRoutes } from './routes/packs.js';
import { pageRoutes } from './routes/page.js';
import { statusRoutes } from './routes/status.js';
import { storageRoutes } from './routes/storage.js';
import { scoreRoutes } from './routes/score.js';
import { taskRoutes } from './routes/tasks.js';
import { ruleRoutes } from './routes/rules.js';
import { storageEventRoutes } from './routes/storage-events.js';
import { volumeRoutes } from './routes/volumes.js';
import { webhookRoutes } from './routes/webhooks.js';

/** The api as an Express app that does not listen. */
export function createApp(deps: ApiDeps): Express {
  const app = express();
  app.disable('x-powered-by');
  app.use(helmet({ contentSecurityPolicy: { directives: contentSecurity } }));
  app.use(
    pinoHttp({
      logger: deps.log,
      genReqId: () => randomUUID(),
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
    response.setHeader('X-Request-Id', String(request.id));
    next();
  });
  app.use(traceRequests(deps.tracing), timing(deps.metrics));
  app.use(healthRoutes(deps), docsRoutes(deps), pageRoutes());
  app.use(volumeRoutes(deps), scoreRoutes(deps), storageEventRoutes(deps));
  app.use(storageRoutes(deps), statusRoutes(deps));
  app.use(express.json({ limit: '1mb' }));
  app.use(
    batchRoutes(deps),
    jobRoutes(deps),
    eventRoutes(deps),
    outputRoutes(deps),
    packRoutes(deps),
    taskRoutes(deps),
    derivativeRoutes(deps),
  );
  app.use(ruleRoutes(deps), webhookRoutes(deps));
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
