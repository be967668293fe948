import { expect, it } from 'vitest';
import { stageClock } from '../../src/stage-clock.js';
import type { Progress } from '../../src/types.js';

it('a stage lasts from its first report until another stage begins', () => {
  let now = 100;
  const passed: Progress[] = [];
  const clock = stageClock(
    (progress) => passed.push(progress),
    () => now,
  );
  const report = (at: number, stage: Progress['stage'], done: number): void => {
    now = at;
    clock.report({ stage, done, total: 2 });
  };
  report(100, 'read', 0);
  report(130, 'infer', 0);
  report(140, 'infer', 1);
  report(170, 'encode', 0);
  now = 175;
  expect(clock.stop()).toEqual({ read: 30, infer: 40, encode: 5 });
  expect(passed.map(({ done }) => done)).toEqual([0, 0, 1, 0]);
});
