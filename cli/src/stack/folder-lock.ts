import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { pause } from '@parse3d/async';
import { Problem } from '@parse3d/contract/problems';
import { z } from 'zod';
import { identify, isAlive, ProcessIdentity, signalGroup } from './processes.js';

const UpState = z.object({
  owner: ProcessIdentity,
  url: z.string().optional(),
  startedAt: z.string(),
  /** What the owner started, so that the next one can end what a killed owner left behind. */
  processes: z.array(ProcessIdentity),
});
type UpState = z.infer<typeof UpState>;

/** Time that left-over processes get to end by themselves. */
const LEFTOVER_GRACE_MS = 10_000;

/** A folder that only one service uses at a time. */
export interface FolderLock {
  /** Writes down what runs now. */
  record(processes: readonly ProcessIdentity[], url: string | undefined): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the folder, and ends what an owner left running that was killed.
 * @param file the state file; its existence is the lock
 * @throws Problem `state-conflict` when another service runs in it
 */
export async function lockFolder(file: string, say: (text: string) => void): Promise<FolderLock> {
  const owner = identify('parse3d up', process.pid);
  const startedAt = new Date().toISOString();
  const first: UpState = { owner, startedAt, processes: [] };
  while (!(await createExclusively(file, first))) {
    const state = await readState(file);
    if (state === undefined) continue;
    if (isAlive(state.owner)) {
      const where = state.url === undefined ? 'it is starting' : `at ${state.url}`;
      throw new Problem(
        'state-conflict',
        `parse3d is already up in this folder: process ${state.owner.pid}, ${where}`,
        {
          pid: state.owner.pid,
          url: state.url,
        },
      );
    }
    await endLeftovers(state.processes, say);
    await rm(file, { force: true });
  }
  let writing: Promise<void> = Promise.resolve();
  return {
    record: (processes, url) => {
      const state: UpState = { owner, startedAt, processes: [...processes], ...(url === undefined ? {} : { url }) };
      // One after the other: an older state must not replace a newer one.
      writing = writing.then(() => replace(file, state));
      return writing;
    },
    release: async () => {
      await writing.catch(() => undefined);
      await rm(file, { force: true });
    },
  };
}

async function createExclusively(file: string, state: UpState): Promise<boolean> {
  try {
    await writeFile(file, toText(state), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  }
}

async function replace(file: string, state: UpState): Promise<void> {
  await writeFile(`${file}.new`, toText(state), { mode: 0o600 });
  await rename(`${file}.new`, file);
}

const toText = (state: UpState): string => `${JSON.stringify(state, null, 2)}\n`;

/** Undefined when the file has just gone. A file that is not understood belongs to nobody. */
async function readState(file: string): Promise<UpState | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return UpState.parse(JSON.parse(text));
  } catch {
    throw new Problem('config-invalid', `${file} is damaged; make sure that no parse3d runs there, and remove it`, {
      file,
    });
  }
}

async function endLeftovers(processes: readonly ProcessIdentity[], say: (text: string) => void): Promise<void> {
  // Without a start time the number may belong to somebody else's process by now.
  const left = processes.filter((identity) => identity.startTicks !== undefined && isAlive(identity));
  if (left.length === 0) return;
  say(
    `an earlier parse3d up was killed; ending what it left: ${left.map(({ name, pid }) => `${name} (${pid})`).join(', ')}`,
  );
  for (const { pid } of left) signalGroup(pid, 'SIGTERM');
  const until = Date.now() + LEFTOVER_GRACE_MS;
  while (left.some(isAlive) && Date.now() < until) await pause(50);
  for (const identity of left) if (isAlive(identity)) signalGroup(identity.pid, 'SIGKILL');
}
