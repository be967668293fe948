import { describe, expect, it } from 'vitest';
import { regionsOf } from '../../src/engines/regions.js';

describe('regions', () => {
  it('join the channels that the same prompts want', () => {
    const regions = regionsOf(6, [[1, 2], [5]]);
    expect([...regions.ofChannel]).toEqual([0, 1, 1, 0, 0, 2]);
    expect(regions.prompts).toEqual([[], [0], [1]]);
    expect(regions.owner).toEqual([undefined, 0, 1]);
  });

  it('belong to the prompt with the fewest classes, whatever the order of the prompts', () => {
    expect(regionsOf(4, [[1, 2, 3], [2]]).owner).toEqual([undefined, 0, 1]);
    expect(regionsOf(4, [[2], [1, 2, 3]]).owner).toEqual([undefined, 1, 0]);
  });

  it('belong to the first of two prompts that mean the same', () => {
    const regions = regionsOf(3, [[2], [2]]);
    expect(regions.prompts).toEqual([[], [0, 1]]);
    expect(regions.owner).toEqual([undefined, 0]);
  });
});
