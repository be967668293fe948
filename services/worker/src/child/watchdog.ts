// Runs in a thread of the child. Inference blocks the child's main thread for seconds or minutes, in which it would not
// notice that its parent was killed; this thread does, and ends the process so that no orphan computes for nobody.
import { workerData } from 'node:worker_threads';
import { z } from 'zod';

const parent = z.int().parse(workerData);

setInterval(() => {
  if (process.ppid !== parent) process.kill(process.pid, 'SIGKILL');
}, 250);
