import { expect, test } from 'vitest';
import { each, mapEach } from '@parse3d/async';

test('no more than the limit is under way, and everything is done', async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await each(
    Array.from({ length: 20 }, (_, index) => index),
    3,
    async (item) => {
      most = Math.max(most, ++running);
      await new Promise(setImmediate);
      running--;
      done.push(item);
    },
  );
  expect(most).toBe(3);
  expect(done).toHaveLength(20);
});

test('when the items fail, what is under way ends before the failure is told', async () => {
  let ended = false;
  const items = async function* () {
    await Promise.resolve();
    yield 1;
    throw new Error('listing failed');
  };
  const work = async () => {
    for (let turn = 0; turn < 5; turn++) await new Promise(setImmediate);
    ended = true;
  };
  await expect(each(items(), 8, work)).rejects.toThrow('listing failed');
  expect(ended).toBe(true);
});

test('a failure while the next item is awaited is thrown, and begins no further item', async () => {
  const begun: number[] = [];
  const items = async function* () {
    for (let item = 0; item < 5; item++) {
      for (let turn = 0; turn < 3; turn++) await new Promise(setImmediate);
      yield item;
    }
  };
  const work = (item: number) => {
    begun.push(item);
    return item === 0 ? Promise.reject(new Error('the first')) : Promise.resolve();
  };
  await expect(each(items(), 8, work)).rejects.toThrow('the first');
  expect(begun.length).toBeLessThanOrEqual(2);
});

test('results come in the order of the items, whichever is done first', async () => {
  const turns = [5, 1, 3, 0, 2];
  const results = await mapEach(turns, 3, async (count) => {
    for (let turn = 0; turn < count; turn++) await new Promise(setImmediate);
    return count * 10;
  });
  expect(results).toEqual([50, 10, 30, 0, 20]);
});
