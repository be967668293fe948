import { pino } from 'pino';
import { readApiConfig } from './config.js';
import { startApi } from './server.js';

const config = readApiConfig(process.env);
const log = pino({ name: 'parse3d-api', level: config.PARSE3D_LOG_LEVEL });
const api = await startApi(config, log, process.env);
log.info({ url: api.url, metricsPort: api.metricsPort }, 'api listens');
// A parent that started us learns the ports that the system chose.
process.send?.({ type: 'listening', url: api.url, metricsPort: api.metricsPort });

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'draining');
    api
      .stop()
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      });
  });
}
