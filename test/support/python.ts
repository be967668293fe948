import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';

/** Debian's, which has the packages that Debian installs. */
export const PYTHON = '/usr/bin/python3';

/**
 * Tests that need modules of Python, and perhaps programs. Without them they fail in CI, and are skipped elsewhere with
 * the reason in their name.
 */
export function describeWithPython(
  modules: readonly string[],
  name: string,
  body: () => void,
  programs: readonly string[] = [],
): void {
  const missing = missingOf(modules, programs);
  const reason = `${missing}; scripts/install-test-services.sh installs it`;
  if (missing === undefined) {
    describe(name, body);
  } else if (process.env['CI']) {
    describe(name, () => {
      test('what it needs is installed', () => expect.fail(reason));
    });
  } else {
    describe.skip(`${name} [skipped: ${reason}]`, body);
  }
}

/** Runs a script, its path or `-c` with its text, with JSON arguments and returns the JSON that it prints. */
export function runPython(script: readonly string[], args: unknown): unknown {
  const output = execFileSync(PYTHON, [...script, JSON.stringify(args)], {
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return JSON.parse(output);
}

function missingOf(modules: readonly string[], programs: readonly string[]): string | undefined {
  const python = spawnSync(PYTHON, ['-c', `import ${modules.join(', ')}`]);
  if (python.status !== 0) return `${PYTHON} cannot import ${modules.join(' and ')}`;
  const absent = programs.filter((program) => spawnSync('which', [program]).status !== 0);
  return absent.length === 0 ? undefined : `there is no ${absent.join(', ')}`;
}
