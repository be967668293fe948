import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

export const PYTHON = '/usr/bin/python3';

function missing(): string | undefined {
  const probe = spawnSync(PYTHON, ['-c', 'import nibabel, numpy'], { encoding: 'utf8' });
  return probe.status === 0 ? undefined : `${PYTHON} cannot import nibabel (apt-get install python3-nibabel)`;
}

/** Tests that compare with nibabel. Without it they fail in CI, and are skipped elsewhere with the reason in their name. */
export function describeWithNibabel(name: string, body: () => void): void {
  const reason = missing();
  if (reason === undefined) {
    describe(name, body);
  } else if (process.env['CI']) {
    describe(name, () => {
      test('nibabel is installed', () => expect.fail(reason));
    });
  } else {
    describe.skip(`${name} [skipped: ${reason}]`, body);
  }
}

/** Runs a script with JSON arguments and returns the JSON that it prints. Its warnings are not shown. */
export function runPython(script: string, args: unknown): unknown {
  const output = execFileSync(PYTHON, ['-c', script, JSON.stringify(args)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(output);
}
