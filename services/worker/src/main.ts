import { pino } from 'pino';
import { readWorkerConfig } from './config.js';
import { startWorker } from './worker.js';

const config = readWorkerConfig(process.env);
const log = pino({ name: 'parse3d-worker', level: config.PARSE3D_LOG_LEVEL });
const worker = await startWorker(config, log, process.env);
process.send?.({ type: 'ready', workerId: worker.id, metricsPort: worker.metricsPort });

let stopping = false;
for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  process.on(signal, () => {
    if (stopping) return;
    stopping = true;
    log.info({ signal }, 'draining');
    worker
      .stop()
      .then(() => process.exit(0))
      .catch((error: unknown) => {
        log.error({ err: error }, 'could not stop cleanly');
        process.exit(1);
      });
  });
}
