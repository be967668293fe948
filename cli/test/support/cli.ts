import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { phantomChestCt } from '../../src/demo/phantom-ct.js';
import { writeNifti } from '@parse3d/volume/formats';

const PARSE3D = fileURLToPath(new URL('../../bin/parse3d.js', import.meta.url));

export interface CliRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunningCli {
  readonly child: ChildProcess;
  readonly ended: Promise<CliRun>;
  /** What it has written so far. */
  stdout(): string;
  stderr(): string;
}

interface CliOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Starts the real `parse3d`, without any setting of this machine. */
export function startCli(args: readonly string[], { cwd, env }: CliOptions = {}): RunningCli {
  const clean = Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^(PARSE3D_|npm_command|NO_COLOR|FORCE_COLOR|VITEST|NODE_OPTIONS)/.test(name),
    ),
  );
  const child = spawn(process.execPath, [PARSE3D, ...args], {
    cwd,
    // The phantom is a CT; what ct-tissue finds in it is known.
    env: { ...clean, PARSE3D_DEFAULT_PACK: 'ct-tissue', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<CliRun>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { child, ended, stdout: () => stdout, stderr: () => stderr };
}

/** Runs it to its end. */
export const runCli = (args: readonly string[], options?: CliOptions): Promise<CliRun> => startCli(args, options).ended;

/** A chest CT in Hounsfield units at this path. */
export async function writePhantom(path: string): Promise<ReturnType<typeof phantomChestCt>> {
  const phantom = phantomChestCt();
  await writeNifti(path, { geometry: phantom.geometry, datatype: 'int16', gzipLevel: 1 }, phantom.data);
  return phantom;
}
