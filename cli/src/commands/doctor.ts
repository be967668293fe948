import { Command } from 'commander';
import { z } from 'zod';
import type { Check, CheckStatus } from '../doctor/check.js';
import { SomeFailed } from '../errors/kinds.js';
import { asCalled } from '../terminal/as-called.js';
import type { Output } from '../terminal/output.js';
import { action, examples } from './define.js';

const Options = z.object({ dir: z.string().optional() });

export function doctorCommand(): Command {
  const command = new Command('doctor')
    .description('Looks at everything that the service needs, and says what is wrong and how to mend it.')
    .option('--dir <folder>', 'of a "parse3d up" (else what PARSE3D_* describes, else the "up" of this folder)')
    .action(
      action(Options, async ({ options, output }) => {
        // The engine is loaded only when it is asked.
        const { doctorTarget } = await import('../doctor/target.js');
        const { examine } = await import('../doctor/examine.js');
        const target = await doctorTarget(options.dir);
        output.hint(`looking at ${target.from}`);
        const checks = await examine(target);
        const failures = checks.filter(({ status }) => status === 'fail');
        output.document({ ok: failures.length === 0, checks });
        for (const check of checks) tell(check, output);
        output.say(summary(checks));
        if (failures.length > 0) throw new SomeFailed(new Error(`${failures.length} checks failed`));
      }),
    );
  return examples(
    command,
    ['The service that the environment describes, or the "parse3d up" of this folder', 'parse3d doctor'],
    ['An S3 store, before the service is started on it', 'PARSE3D_STORAGE=s3 PARSE3D_BUCKET=masks parse3d doctor'],
    [
      'What is wrong, for a script',
      'parse3d doctor --json | jq -r \'.checks[] | select(.status=="fail") | .part + ": " + .mend\'',
    ],
  );
}

function tell({ part, status, detail, mend }: Check, output: Output): void {
  const { dim } = output.colours;
  output.say(`${sign(status, output)}  ${part.padEnd(8)}  ${detail}`);
  if (mend !== undefined) output.say(`${' '.repeat(16)}${dim('->')} ${asCalled(mend)}`);
}

function sign(status: CheckStatus, { colours: { green, yellow, red, dim } }: Output): string {
  switch (status) {
    case 'ok':
      return green('ok  ');
    case 'warn':
      return yellow('warn');
    case 'fail':
      return red('FAIL');
    case 'skip':
      return dim('skip');
  }
}

function summary(checks: readonly Check[]): string {
  const count = (status: CheckStatus): number => checks.filter((check) => check.status === status).length;
  return `\n${count('ok')} ok, ${count('warn')} to look at, ${count('fail')} wrong`;
}
