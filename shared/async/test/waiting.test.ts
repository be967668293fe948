import { Backoff, Latch, pause } from '@parse3d/async';
import { expect, test } from 'vitest';

test('a pause ends after its time, and with the reason of the signal as soon as that aborts', async () => {
  const startedAt = performance.now();
  await pause(20);
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(19);
  const controller = new AbortController();
  const long = pause(60_000, controller.signal);
  controller.abort(new Error('enough'));
  await expect(long).rejects.toThrow('enough');
  await expect(pause(60_000, controller.signal)).rejects.toThrow('enough');
});

test('a backoff doubles up to its longest pause, and begins again after a success', () => {
  const backoff = new Backoff({ firstMs: 100, longestMs: 500 });
  expect([1, 2, 3, 4, 5].map(() => backoff.next())).toEqual([100, 200, 400, 500, 500]);
  backoff.reset();
  expect(backoff.next()).toBe(100);
  expect(new Backoff({ firstMs: 100, longestMs: 10 }).next()).toBe(10);
});

test('a latch loses no wake-up that comes before the wait, and counts several as one', async () => {
  const latch = new Latch();
  latch.wake();
  latch.wake();
  await latch.wait();
  let woken = false;
  const waiting = latch.wait().then(() => (woken = true));
  await pause(5);
  expect(woken).toBe(false);
  latch.wake();
  await waiting;
  await latch.wait(5);
});
