import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const cli = resolve(import.meta.dirname, '../../../cli/bin/parse3d.js');

/** Runs what somebody copied from the page, with `parse3d` on the path. */
export async function runRecipe(program: 'bash' | 'python3', text: string, folder: string, key: string): Promise<void> {
  const bin = join(folder, 'bin');
  await mkdir(bin, { recursive: true });
  await writeFile(join(bin, 'parse3d'), `#!/bin/sh\nexec '${process.execPath}' '${cli}' "$@"\n`, { mode: 0o755 });
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}`, HOME: folder, PARSE3D_API_KEY: key };
  const script = program === 'bash' ? `set -eu\n${text}` : text;
  await promisify(execFile)(program, ['-c', script], { cwd: folder, env });
}
