// The computing process: gunzip, steps, ONNX, encoding. It holds no credentials and no connection, only files and IPC.
import { Worker } from 'node:worker_threads';
import { Problem } from '@parse3d/contract/problems';
import { Workbench } from './workbench.js';
import type { FromChild, ToChild } from './protocol.js';

const watchdog = new Worker(new URL('./watchdog.js', import.meta.url), { workerData: process.ppid });
watchdog.unref();
// Without it `disconnect` is left to end this process.
watchdog.on('error', () => undefined);
// Nobody reads it any more once the parent is gone.
process.stderr.on('error', () => undefined);
process.on('disconnect', () => process.exit(0));

function tell(message: FromChild): void {
  // The parent may be gone; the watchdog and `disconnect` deal with that.
  process.send?.(message, undefined, undefined, () => undefined);
}

let workbench: Workbench | undefined;
let abort = new AbortController();

async function handle(message: ToChild): Promise<void> {
  switch (message.type) {
    case 'init':
      workbench = await Workbench.open(message.packFolders, message, (packId, durationMs) =>
        tell({ type: 'model-loaded', packId, durationMs }),
      );
      tell({ type: 'ready', packs: workbench.packs });
      return;
    case 'segment': {
      if (workbench === undefined) throw new Problem('internal', 'the child was not initialised');
      abort = new AbortController();
      const result = await workbench.segment(
        message.packId,
        message.request,
        (progress) => tell({ type: 'progress', progress }),
        abort.signal,
      );
      tell({ type: 'done', result });
      return;
    }
    case 'check-pack': {
      if (workbench === undefined) throw new Problem('internal', 'the child was not initialised');
      tell({ type: 'pack-ready', pack: await workbench.checkPack(message.packId) });
      return;
    }
    case 'abort':
      abort.abort(new Problem('canceled', 'the parent asked to stop'));
      return;
    default:
      message satisfies never;
  }
}

process.on('message', (message: ToChild) => {
  handle(message).catch((error: unknown) => tell({ type: 'problem', problem: Problem.from(error).toJSON() }));
});
