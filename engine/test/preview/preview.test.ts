import { PNG } from 'pngjs';
import { describe, expect, it, test } from 'vitest';
import { allAxisCodes, makeGeometry, reorient, type Affine, type Shape, type Volume } from '@parse3d/volume/geometry';
import { renderPreview, type LegendEntry } from '../../src/preview/index.js';
import { lineOf } from '../../src/preview/legend.js';

const MARGIN = 14;
const PANEL = 420;

/** RAS, `spacing` mm: grey everywhere, with one box of label 1 that is also brighter. */
function scene(shape: Shape, spacing: Shape, box: { from: Shape; to: Shape }): { image: Volume; labels: Volume } {
  const affine: Affine = [spacing[0], 0, 0, 0, 0, spacing[1], 0, 0, 0, 0, spacing[2], 0, 0, 0, 0, 1];
  const geometry = makeGeometry(shape, affine);
  const labels = new Uint8Array(shape[0] * shape[1] * shape[2]);
  const image = new Int16Array(labels.length).map((_, n) => 50 + (n % 7));
  for (let k = box.from[2]; k < box.to[2]; k++) {
    for (let j = box.from[1]; j < box.to[1]; j++) {
      for (let i = box.from[0]; i < box.to[0]; i++) {
        labels[(k * shape[1] + j) * shape[0] + i] = 1;
        image[(k * shape[1] + j) * shape[0] + i] = 90;
      }
    }
  }
  return { image: { data: image, geometry }, labels: { data: labels, geometry } };
}

const legend: LegendEntry[] = [{ label: 1, prompt: 'liver', colour: '#ff0000', volumeMl: 12 }];

function draw(parts: { image: Volume; labels: Volume }, entries = legend): PNG {
  return PNG.sync.read(Buffer.from(renderPreview({ ...parts, legend: entries, modality: 'mr' })));
}

/** Middle of the red pixels between two columns, above the legend. */
function redMiddle(png: PNG, left: number, right: number, bottom: number): { x: number; y: number; pixels: number } {
  let [x, y, pixels] = [0, 0, 0];
  for (let row = 0; row < bottom; row++) {
    for (let column = left; column < right; column++) {
      const at = (row * png.width + column) * 4;
      const [red = 0, green = 0, blue = 0] = png.data.subarray(at, at + 3);
      if (red < 150 || green > 110 || blue > 110) continue;
      x += column - left;
      y += row;
      pixels++;
    }
  }
  return { x: x / pixels, y: y / pixels, pixels };
}

describe('a preview', () => {
  // At the patient's right, in front, and high up. RAS grids grow to the right, so right is a high index.
  const shape: Shape = [40, 40, 40];
  const found = scene(shape, [1, 1, 1], { from: [28, 26, 30], to: [36, 34, 38] });

  it('shows the patient’s right at the left, and anterior and superior at the top', () => {
    const png = draw(found);
    const top = png.height - 50;
    const axial = redMiddle(png, MARGIN, MARGIN + PANEL, top);
    const coronal = redMiddle(png, MARGIN + PANEL + 10, MARGIN + 2 * PANEL + 10, top);
    const sagittal = redMiddle(png, MARGIN + 2 * (PANEL + 10), MARGIN + 3 * PANEL + 20, top);
    const head = MARGIN + 18 + 4;
    // The box's middle is 8 voxels from the right border, 10 from the anterior and 6 from the superior one.
    const px = PANEL / 40;
    expect(axial.x).toBeCloseTo(8 * px, -1);
    expect(axial.y - head).toBeCloseTo(10 * px, -1);
    expect(coronal.x).toBeCloseTo(8 * px, -1);
    expect(coronal.y - head).toBeCloseTo(6 * px, -1);
    expect(sagittal.x).toBeCloseTo(10 * px, -1);
    expect(sagittal.y - head).toBeCloseTo(6 * px, -1);
  });

  it('is the same, byte for byte, for all 48 axis orders of one volume', () => {
    const expected = renderPreview({ ...found, legend, modality: 'mr' });
    for (const codes of allAxisCodes()) {
      const image = reorient(found.image, codes).volume;
      const labels = reorient(found.labels, codes).volume;
      expect(Buffer.compare(renderPreview({ image, labels, legend, modality: 'mr' }), expected), codes).toBe(0);
    }
  });

  it('keeps the true proportions of thick slices', () => {
    // 80 × 80 × 40 mm: panels of 420 × 420, 420 × 210 and 420 × 210.
    const thick = draw(scene([40, 40, 8], [2, 2, 5], { from: [15, 15, 2], to: [25, 25, 6] }));
    expect(thick.width).toBe(2 * MARGIN + 3 * PANEL + 20);
    const coronal = redMiddle(thick, MARGIN + PANEL + 10, MARGIN + 2 * PANEL + 10, thick.height - 50);
    const rows = countRows(thick, MARGIN + PANEL + 10, thick.height - 50);
    expect(coronal.pixels).toBeGreaterThan(0);
    expect(rows).toBe(PANEL / 2);
  });

  it('shows a plane through the target even where its middle lies between two parts', () => {
    const apart = scene(shape, [1, 1, 1], { from: [4, 16, 16], to: [10, 24, 24] });
    const other = scene(shape, [1, 1, 1], { from: [30, 16, 16], to: [36, 24, 24] });
    other.labels.data.forEach((label, n) => {
      if (label !== 0) apart.labels.data[n] = label;
    });
    const png = draw(apart);
    expect(redMiddle(png, MARGIN + 2 * (PANEL + 10), png.width, png.height - 50).pixels).toBeGreaterThan(300);
  });

  it('shows the middle of the volume when nothing was found, and says so in the legend', () => {
    const nothing = scene(shape, [1, 1, 1], { from: [0, 0, 0], to: [0, 0, 0] });
    const absent = draw(nothing, [{ label: 1, prompt: 'liver', colour: '#ff0000' }]);
    expect(redMiddle(absent, 0, absent.width, absent.height - 50).pixels).toBe(0);
    expect(absent.data).not.toEqual(draw(nothing).data);
  });

  it.each([
    ['a single voxel', scene([1, 1, 1], [1, 1, 1], { from: [0, 0, 0], to: [1, 1, 1] })],
    ['a needle', scene([1, 1, 300], [0.5, 0.5, 1], { from: [0, 0, 5], to: [1, 1, 9] })],
  ])('can be drawn of %s', (_, thin) => {
    expect(draw(thin).width).toBeGreaterThan(0);
  });

  it('stays readable with many prompts', () => {
    const many = Array.from({ length: 200 }, (_, n) => ({
      label: n + 1,
      prompt: `a structure with a long name, number ${n}: ${'x'.repeat(n)}`,
      colour: '#00ff00',
      volumeMl: n,
    }));
    expect(draw(found, many).height).toBeLessThan(2000);
  });
});

/** Rows of a panel that differ from the background colour. */
function countRows(png: PNG, column: number, bottom: number): number {
  let rows = 0;
  for (let y = MARGIN + 18 + 4; y < bottom; y++) {
    const at = (y * png.width + column + 2) * 4;
    if ([...png.data.subarray(at, at + 3)].join() !== '16,18,22') rows++;
  }
  return rows;
}

test('the legend says what the model was not evaluated for', () => {
  const line = (entry: Partial<LegendEntry>): string => {
    const { name, amount } = lineOf({ label: 1, prompt: 'tumor', colour: '#ff0000', ...entry });
    return `${name} ${amount}`;
  };
  expect(line({ volumeMl: 12 })).toBe('tumor 12.0 ml');
  expect(line({})).toBe('tumor not found');
  expect(line({ recommended: false })).toBe('tumor: not found, not evaluated for this model');
  expect(line({ recommended: false, volumeMl: 12 })).toBe('tumor: 12.0 ml, not evaluated for this model');
});
