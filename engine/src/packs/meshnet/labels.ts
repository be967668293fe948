import { basename } from 'node:path';
import { z } from 'zod';
import type { LabelClass } from '@parse3d/contract';
import { Problem } from '@parse3d/contract/problems';
import { cortexRegion, structures } from './brain-names.js';
import type { BrainName } from './brain-names.js';
import { parseWith, readJson } from './layers-model.js';

const level = z.int().min(0).max(255);
const Colormap = z.object({
  R: z.array(level),
  G: z.array(level),
  B: z.array(level),
  labels: z.array(z.string().trim().min(1).max(200)).min(2),
});

/**
 * Reads the colour map beside a MeshNet: one label and one colour per channel, the background first.
 * @returns the classes of channels 1 and up, with names, sides and synonyms as people write them
 * @throws Problem `pack-import-failed` when the file is not a colour map of `channels` labels
 */
export async function readClasses(path: string, channels: number): Promise<LabelClass[]> {
  const file = basename(path);
  const { labels, R, G, B } = parseWith(Colormap, await readJson(path), file);
  for (const [what, list] of Object.entries({ labels, R, G, B })) {
    if (list.length !== channels) {
      throw new Problem(
        'pack-import-failed',
        `${file}: the model gives ${channels} channels, the colour map has ${list.length} ${what}`,
        { file, expected: channels, actual: list.length },
      );
    }
  }
  return labels.slice(1).map((label, index) => {
    const channel = index + 1;
    const colour = [R[channel], G[channel], B[channel]].map((part = 0) => part.toString(16).padStart(2, '0')).join('');
    return { channel, ...nameOf(cerebellarCortex(label, labels)), colour: `#${colour}` };
  });
}

/** Beside a class for its white matter, `Cerebellum` is the cortex alone; the whole is both. */
function cerebellarCortex(label: string, labels: readonly string[]): string {
  const whiteMatter = label.replace(/cerebellum$/i, 'Cerebellum-White-Matter');
  return whiteMatter !== label && labels.includes(whiteMatter) ? `${label}-Cortex` : label;
}

type Naming = Pick<LabelClass, 'name' | 'side' | 'synonyms'>;

/** `Left-Hippocampus` and `ctx-lh-precuneus` are a name and a side. */
export function nameOf(label: string): Naming {
  const words = label
    .toLowerCase()
    .replace(/gray/g, 'grey')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
  const left = words.some((word) => word === 'left' || word === 'lh');
  const right = words.some((word) => word === 'right' || word === 'rh');
  const bare = words.filter((word) => !['left', 'right', 'lh', 'rh'].includes(word));
  const { name, synonyms } = bare[0] === 'ctx' ? cortexName(bare.slice(1)) : structureName(bare.join(' '));
  const original = bare.join(' ');
  const known = [name, ...synonyms].some((text) => text.toLowerCase() === original);
  const more = [...synonyms, ...(known ? [] : [original]), ...(name === 'brain' ? [] : ['brain'])];
  // A label that names both sides, or none, has no side.
  const side = left === right ? undefined : left ? 'left' : 'right';
  return { name, ...(side === undefined ? {} : { side }), synonyms: more };
}

const structureName = (text: string): BrainName => structures[text] ?? { name: text, synonyms: [] };

function cortexName(words: readonly string[]): BrainName {
  return cortexRegion(words.join('')) ?? { name: `${words.join(' ')} cortex`, synonyms: ['cerebral cortex', 'cortex'] };
}
