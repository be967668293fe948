import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { problemKinds, Problem } from '@parse3d/contract/problems';
import { eventually } from '@parse3d/testing';
import { partOf, Place, type Trouble } from '../src/place.js';

const full = new Problem('disk-full', 'no room');
const gone = new Problem('pack-unavailable', 'no file', { packId: 'ct' });

describe('a place', () => {
  let ill: Set<string>;
  let looks: string[];
  let told: (readonly Trouble[])[];
  let place: Place;

  const probe = (part: string) => (): Promise<void> => {
    looks.push(part);
    return ill.has(part) ? Promise.reject(new Error('still ill')) : Promise.resolve();
  };

  beforeEach(() => {
    ill = new Set();
    looks = [];
    told = [];
    place = new Place({
      probes: {
        disk: probe('disk'),
        machine: probe('machine'),
        storage: probe('storage'),
        pack: (packId) => probe(`pack:${packId}`)(),
      },
      onChange: (troubles) => told.push(troubles),
      firstPauseMs: 2,
      longestPauseMs: 8,
    });
  });
  afterEach(() => place.close());

  test('with a full disk takes no jobs until the disk is well, and looks after a growing pause', async () => {
    ill.add('disk');
    expect(place.report('disk', full)).toBe(2);
    expect(place.isFit).toBe(false);
    expect(place.troubles).toMatchObject([{ part: 'disk', code: 'disk-full', detail: 'no room' }]);
    await eventually(() => looks.length >= 3, { what: 'three looks' });
    // The pause that a job is told follows the looks, up to the longest.
    expect(place.report('disk', full)).toBe(8);
    ill.clear();
    await eventually(() => place.isFit, { what: 'the disk to be well' });
    expect(told.at(-1)).toEqual([]);
    expect(told).toHaveLength(2);
  });

  test('without one pack goes on with the others', async () => {
    ill.add('pack:ct');
    place.report('pack:ct', gone);
    expect(place.isFit).toBe(true);
    expect([place.hasPack('ct'), place.hasPack('mr')]).toEqual([false, true]);
    ill.clear();
    await eventually(() => place.hasPack('ct'), { what: 'the pack to be back' });
  });

  test('that falls ill again right away waits longer, until a job has succeeded', async () => {
    place.report('storage', full);
    await eventually(() => place.isFit, { what: 'the store to seem well' });
    expect(place.report('storage', full)).toBe(4);
    await eventually(() => place.isFit, { what: 'the store to seem well again' });
    place.succeeded('ct');
    expect(place.report('storage', full)).toBe(2);
  });

  test('is not to blame for a source that one job needs', () => {
    expect(place.report(undefined, new Problem('storage-unavailable', 'away', { bucket: 'theirs' }))).toBe(2);
    expect(place.isFit).toBe(true);
  });
});

test('every fault of the place that can pass is known by its part, and no other', () => {
  const parts = Object.entries(problemKinds)
    .filter(([, { fault, retry }]) => fault === 'place' && retry === 'later')
    .map(([code]) => code);
  // Those of services that a worker asks nothing of.
  const elsewhere = ['queue-full', 'service-unavailable', 'queue-unavailable', 'worker-draining'];
  const known = parts.filter((code) => !elsewhere.includes(code));
  for (const code of known) {
    expect(partOf(new Problem(code as keyof typeof problemKinds, ''), 'ct', 'own'), code).toBeDefined();
  }
  expect(partOf(new Problem('storage-unavailable', '', { bucket: 'own' }), 'ct', 'own')).toBe('storage');
  expect(partOf(new Problem('storage-unavailable', '', { bucket: 'theirs' }), 'ct', 'own')).toBeUndefined();
  expect(partOf(new Problem('nifti-truncated', ''), 'ct', 'own')).toBeUndefined();
});

test('what a system error says of the machine is the fault of the place', () => {
  for (const [code, expected] of [
    ['ENOSPC', 'disk-full'],
    ['EDQUOT', 'disk-full'],
    ['EMFILE', 'machine-short'],
    ['ENOMEM', 'machine-short'],
    ['EINVAL', 'internal'],
  ] as const) {
    const problem = Problem.from(Object.assign(new Error(code), { code }));
    expect(problem.code).toBe(expected);
    expect(problem.fault).toBe(expected === 'internal' ? 'run' : 'place');
  }
});
