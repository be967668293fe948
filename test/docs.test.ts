import { spawnSync } from 'node:child_process';
import { assertNothingLeaks, eventually } from '@parse3d/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { blocksOf, isProvided, pages, reasons, type DocBlock, type Reason } from './support/doc-blocks.js';
import { openDocShell, type DocShell } from './support/doc-shell.js';
import { commandsOf, missingPaths, unknownVariables, wrongCommands } from './support/doc-words.js';

/** In this order: later pages use the head that the quick start copies. */
const FIRST = ['docs/index.md', 'docs/quick-start.md', 'docs/how-to/own-model.md'];
const all = pages();
const inOrder = [...FIRST, ...all.filter((page) => page.startsWith('docs/') && !FIRST.includes(page))];
/** Decisions tell what was true when they were taken. */
const living = all.filter((page) => !page.startsWith('docs/decisions/'));

const hasReason = (needs: string | undefined): needs is Reason => needs !== undefined && Object.hasOwn(reasons, needs);
const nameOf = ({ page, line, text }: DocBlock): string => `${page}:${line} ${text.trim().split('\n')[0]}`;

describe('the words of the pages', () => {
  test('commands are read as the shell reads them', () => {
    expect(commandsOf('a "b;c" \'d\' && X=$(e f) | g # h\ni')).toEqual([
      ['a', 'b;c', 'd'],
      ['X=$'],
      ['e', 'f'],
      ['g'],
      ['i'],
    ]);
  });

  test('every reason for not running a block is known', () => {
    const blocks = all
      .flatMap(blocksOf)
      .filter(({ needs }) => needs !== undefined && !hasReason(needs) && !isProvided(needs));
    expect(blocks.map(nameOf)).toEqual([]);
  });

  test.each(living)('%s names commands, options and npm scripts that exist', async (page) => {
    expect(await wrongCommands(page)).toEqual([]);
  });

  test.each(living)('%s names settings and paths that exist', (page) => {
    expect([...unknownVariables(page), ...missingPaths(page)]).toEqual([]);
  });
});

const missing = ['bash', 'curl', 'redis-server'].filter((program) => spawnSync('which', [program]).status !== 0);
const why = missing.length === 0 ? '' : ` [skipped: ${missing.join(', ')} is not installed]`;

describe.skipIf(missing.length > 0)(`the commands of the pages, beside a running parse3d up${why}`, () => {
  let shell: DocShell;
  beforeAll(async () => {
    shell = await openDocShell();
  }, 90_000);
  afterAll(async () => {
    await shell.stop();
    await assertNothingLeaks();
  });

  for (const block of inOrder.flatMap(blocksOf)) {
    const { language, file, background, needs, until } = block;
    if (file !== undefined) {
      test(`${block.page}:${block.line} is the file ${file}`, () => shell.write(block));
    } else if (language === 'sh' && hasReason(needs)) {
      test.skip(`${nameOf(block)} [only read: ${reasons[needs]}]`, () => undefined);
    } else if (language === 'sh' && isProvided(needs)) {
      continue; // docs-provided.test.ts
    } else if (language === 'sh' && background) {
      test(`${nameOf(block)} [runs all the while]`, () => expect(block.text.trim()).toBe('parse3d up'));
    } else if (language === 'sh' && until !== undefined) {
      test(nameOf(block), () =>
        eventually(async () => (await shell.run(block)).includes(until), {
          timeoutMs: 50_000,
          everyMs: 500,
          what: until,
        }),
      );
    } else if (language === 'sh') {
      test(nameOf(block), async () => {
        await shell.run(block);
      });
    }
  }
});
