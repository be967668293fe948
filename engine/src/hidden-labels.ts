import type { OutputOptions } from '@parse3d/contract';
import type { Found } from './types.js';

/** Says which labels the label map does not show whole, and where the whole of them is or how to get it. */
export function hiddenLabelWarnings({ labels, rule }: Found['hidden'], outputs: OutputOptions): string[] {
  if (labels.length === 0) return [];
  const which = `label ${labels.join(', ')}`;
  const files = [
    ...(outputs.masks ? ['its mask file'] : []),
    ...(outputs.dicomSeg === true && outputs.dicomSegInstances !== true ? ['segmentation.dcm'] : []),
  ];
  const where =
    files.length > 0
      ? `the full extent of ${which} is only in ${files.join(' and ')}`
      : `the label map does not show the full extent of ${which}: ask for masks (\`outputs.masks\`, \`--masks\`) to get it`;
  return [`Prompts overlap. Voxels in several masks carry the label of the ${rule}; ${where}.`];
}
