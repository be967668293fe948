import { exitOnSignal } from '@parse3d/platform/config';
import { openLog } from '@parse3d/platform/telemetry';
import { readApiConfig } from './config.js';
import { startApi } from './server.js';

/** Time for closing connections and freeing things after the drain. */
const SHUTDOWN_MARGIN_MS = 10_000;

const config = readApiConfig(process.env);
const log = openLog('parse3d-api', config.PARSE3D_LOG_LEVEL);
const api = await startApi(config, log, process.env);
log.info({ url: api.url, metricsPort: api.metricsPort }, 'api listens');
// A parent that started us learns the ports that the system chose.
process.send?.(
  { type: 'listening', url: api.url, metricsPort: api.metricsPort },
  undefined,
  undefined,
  () => undefined,
);

exitOnSignal(
  async (reason) => {
    log.info({ reason }, 'draining');
    await api.stop();
  },
  config.PARSE3D_API_DRAIN + SHUTDOWN_MARGIN_MS,
  (error) => log.error({ err: error }, 'could not stop cleanly'),
);
