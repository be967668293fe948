import { join, resolve } from 'node:path';

/** Where the embedded service keeps things, unless told otherwise. */
export const DEFAULT_DIR = '.parse3d';

/** The service's own bucket in the embedded store. */
export const EMBEDDED_BUCKET = 'parse3d';

export interface StackPaths {
  readonly dir: string;
  readonly redis: string;
  readonly storage: string;
  readonly scratch: string;
  readonly logs: string;
  /** Who runs here: also the lock. */
  readonly state: string;
  /** URL and key for the commands of this machine. */
  readonly credentials: string;
}

export function stackPaths(folder: string): StackPaths {
  const dir = resolve(folder);
  return {
    dir,
    redis: join(dir, 'redis'),
    storage: join(dir, 'storage'),
    scratch: join(dir, 'scratch'),
    logs: join(dir, 'logs'),
    state: join(dir, 'up.json'),
    credentials: join(dir, 'credentials.json'),
  };
}
