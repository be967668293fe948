import { exitOnSignal } from '@parse3d/platform/config';
import { openLog } from '@parse3d/platform/telemetry';
import { readWorkerConfig } from './config.js';
import { startWorker } from './worker.js';

/** Time for handing jobs back and freeing things after the drain. */
const SHUTDOWN_MARGIN_MS = 15_000;

const config = readWorkerConfig(process.env);
const log = openLog('parse3d-worker', config.PARSE3D_LOG_LEVEL);
const worker = await startWorker(config, log, process.env);
// A parent that started us learns that we are ready, and the port that the system chose.
process.send?.(
  { type: 'ready', workerId: worker.id, metricsPort: worker.metricsPort },
  undefined,
  undefined,
  () => undefined,
);

exitOnSignal(
  async (reason) => {
    log.info({ reason }, 'draining');
    await worker.stop();
  },
  config.PARSE3D_WORKER_DRAIN + SHUTDOWN_MARGIN_MS,
  (error) => log.error({ err: error }, 'could not stop cleanly'),
);
