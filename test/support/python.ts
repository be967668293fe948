import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

/** Debian's, which has the packages that Debian installs. */
export const PYTHON = '/usr/bin/python3';

/** Tests that need modules of Python. Without them they fail in CI, and are skipped elsewhere with the reason in their name. */
export function describeWithPython(modules: readonly string[], name: string, body: () => void): void {
  const probe = spawnSync(PYTHON, ['-c', `import ${modules.join(', ')}`], { encoding: 'utf8' });
  const reason = `${PYTHON} cannot import ${modules.join(' and ')}; scripts/install-test-services.sh installs it`;
  if (probe.status === 0) {
    describe(name, body);
  } else if (process.env['CI']) {
    describe(name, () => {
      test(`${modules.join(' and ')} can be imported`, () => expect.fail(reason));
    });
  } else {
    describe.skip(`${name} [skipped: ${reason}]`, body);
  }
}
