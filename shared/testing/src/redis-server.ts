import { startChild, stopChild, type StartedChild } from './child.js';
import { freePort } from './free-port.js';
import { track } from './leaks.js';
import { scratchFolder } from './scratch.js';

const READY_TIMEOUT_MS = 15_000;
const STOP_GRACE_MS = 5000;
const PORT_TRIES = 5;

export interface StartRedisOptions {
  /** Folder of its files, the caller's to remove. @default a scratch folder, removed by `stop` */
  readonly dir?: string | undefined;
  /** Keep an append-only file, so that `restart` brings the data back. @default false */
  readonly appendOnly?: boolean | undefined;
  /** Further arguments of redis-server; they win over the ones given here. */
  readonly args?: readonly string[] | undefined;
}

export interface TestRedis {
  /** `redis://127.0.0.1:<port>`; stays the same over restarts. */
  readonly url: string;
  readonly port: number;
  readonly dir: string;
  /** Of the process that runs now, or ran last. */
  readonly pid: number;
  /** Ends the server in an orderly way and removes its scratch folder. A second call does nothing. */
  stop(): Promise<void>;
  /** Ends the process as a crash would; `restart` starts it again. */
  kill(): Promise<void>;
  /** Starts it again on the same port and folder, ending it first where it runs. */
  restart(): Promise<void>;
}

/** A real redis-server on a free port of 127.0.0.1, without eviction and snapshots. */
export async function startRedis({ dir, appendOnly = false, args = [] }: StartRedisOptions = {}): Promise<TestRedis> {
  const scratch = dir === undefined ? await scratchFolder('redis') : undefined;
  const folder = dir ?? scratch?.path ?? '';
  const launch = (port: number): Promise<StartedChild> =>
    startChild('redis-server', argumentsFor(port, folder, appendOnly, args), {
      readyWhen: /Ready to accept connections/,
      timeoutMs: READY_TIMEOUT_MS,
    });

  const { port, server: first } = await launchOnFreePort(launch);
  let server = first;
  const untrack = track(`redis-server on port ${port}`, () => stop());
  const stop = async (): Promise<void> => {
    await stopChild(server, STOP_GRACE_MS);
    await scratch?.remove();
    untrack();
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    dir: folder,
    get pid() {
      return server.pid;
    },
    stop,
    kill: async () => {
      server.child.kill('SIGKILL');
      await server.exited;
    },
    restart: async () => {
      await stopChild(server, STOP_GRACE_MS);
      server = await launch(port);
    },
  };
}

async function launchOnFreePort(
  launch: (port: number) => Promise<StartedChild>,
): Promise<{ port: number; server: StartedChild }> {
  for (let left = PORT_TRIES - 1; ; left--) {
    const port = await freePort();
    try {
      return { port, server: await launch(port) };
    } catch (error) {
      if (left === 0 || !/address already in use/i.test(String(error))) throw error;
    }
  }
}

function argumentsFor(port: number, dir: string, appendOnly: boolean, extra: readonly string[]): string[] {
  const settings = {
    port: String(port),
    bind: '127.0.0.1',
    dir,
    save: '',
    appendonly: appendOnly ? 'yes' : 'no',
    'maxmemory-policy': 'noeviction',
  };
  return [...Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]), ...extra];
}
