import { describe, expect, it } from 'vitest';
import { prepareIntensity } from '../../src/steps/intensity.js';

const mr = { modality: 'mr' } as const;
const ct = { modality: 'ct' } as const;
const range: [number, number] = [0, 1];

describe('intensities', () => {
  it('may be left as they are, with the minimum as the value outside', () => {
    const prepared = prepareIntensity(Int16Array.of(-1000, 5), { kind: 'none' }, ct);
    expect([...prepared.data]).toEqual([-1000, 5]);
    expect(prepared.outside).toBe(-1000);
  });

  it('go from minimum and maximum to a range', () => {
    const prepared = prepareIntensity(Uint8Array.of(10, 20, 30), { kind: 'min-max', range: [-1, 1] }, mr);
    expect([...prepared.data]).toEqual([-1, 0, 1]);
    expect(prepared.outside).toBe(-1);
    expect(prepared.sentence).toBe('intensities from minimum 10 and maximum 30 to [-1, 1]');
  });

  it('of a constant volume become the lower end, not infinity', () => {
    expect([...prepareIntensity(Uint8Array.of(7, 7), { kind: 'min-max', range }, mr).data]).toEqual([0, 0]);
    expect([...prepareIntensity(Uint8Array.of(7, 7), { kind: 'z-score', of: 'all' }, mr).data]).toEqual([0, 0]);
  });

  it('are clipped to a window', () => {
    const rule = { kind: 'window', width: 400, level: 40, range: [0, 255] } as const;
    const prepared = prepareIntensity(Int16Array.of(-1000, -160, 40, 240, 3000), { ...rule, range: [0, 255] }, ct);
    expect([...prepared.data]).toEqual([0, 0, 127.5, 255, 255]);
  });

  it('are clipped to percentiles of the voxels above 0', () => {
    const data = Float32Array.from({ length: 201 }, (_, n) => n - 100);
    const rule = { kind: 'percentile', low: 10, high: 90, of: 'positive', range } as const;
    const prepared = prepareIntensity(data, { ...rule, range }, mr);
    // numpy.percentile(arange(1, 101), [10, 90]) is [10.9, 90.1]
    expect(prepared.data[150]).toBeCloseTo((50 - 10.9) / (90.1 - 10.9), 6);
    expect([prepared.data[0], prepared.data[200]]).toEqual([0, 1]);
    expect(prepared.sentence).toContain('10 (10.9) and 90 (90.1) of the voxels above 0');
  });

  it('are measured over all voxels when none is above 0', () => {
    const rule = { kind: 'percentile', low: 0, high: 100, of: 'positive', range } as const;
    expect([...prepareIntensity(Int8Array.of(-4, -2, 0), { ...rule, range }, mr).data]).toEqual([0, 0.5, 1]);
  });

  it('lose their mean and spread', () => {
    const prepared = prepareIntensity(Float32Array.of(2, 4, 6), { kind: 'z-score', of: 'all' }, mr);
    const std = Math.sqrt(8 / 3);
    expect([...prepared.data]).toEqual([-2 / std, 0, 2 / std].map(Math.fround));
    expect(prepared.outside).toBe(0);
  });

  it('leave their input untouched', () => {
    const data = Float32Array.of(1, 2, 3);
    prepareIntensity(data, { kind: 'none' }, mr).data[0] = 9;
    expect([...data]).toEqual([1, 2, 3]);
  });
});

describe('BiomedParse’s rule', () => {
  const rule = { kind: 'biomedparse' } as const;

  it('leaves 0 to 255 alone, whatever the modality', () => {
    expect([...prepareIntensity(Uint8Array.of(0, 10, 255), rule, ct).data]).toEqual([0, 10, 255]);
  });

  it('takes CT through the window that the prompt wants, soft tissue if it wants none', () => {
    const data = Int16Array.of(-1000, 40, 1300);
    expect([...prepareIntensity(data, rule, ct).data]).toEqual([0, 127.5, 255]);
    const bone = prepareIntensity(data, rule, { ...ct, ctWindow: 'bone' });
    expect(bone.data[1]).toBeCloseTo((255 * (40 + 500)) / 1800, 3);
  });

  it('clips anything else at the 0.5th and 99.5th percentile of the voxels above 0', () => {
    const data = Float32Array.from({ length: 1002 }, (_, n) => n - 1);
    const prepared = prepareIntensity(data, rule, mr);
    // numpy.percentile(arange(1, 1001), [0.5, 99.5]) is [5.995, 995.005]
    expect(prepared.data[501]).toBeCloseTo((255 * (500 - 5.995)) / (995.005 - 5.995), 3);
  });
});
