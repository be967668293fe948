import { join } from 'node:path';
import { GraphBuilder, writeModel, writePack } from '@parse3d/engine';

const CHANNELS = 24;

/**
 * A real pack whose graph is as costly as wanted: layers of 3×3×3 convolutions over single channels' worth of meaning.
 * Its one class, `target`, is every voxel above 0.
 *
 * @param tile edge of the tiles that the volume is cut into, in voxels; a large one makes one long run that blocks the
 *   computing process, small ones make many short runs with progress
 */
export async function writeSlowPack(
  folder: string,
  id: string,
  options: { tile: number; layers: number },
): Promise<void> {
  const graph = new GraphBuilder('slow');
  const image = graph.input('image', 'float32', [1, 1, 'k', 'j', 'i']);
  const kernel = (input: number): Float32Array => {
    // Passes the first channel on through the centre of the kernel and keeps the rest at nought.
    const weights = new Float32Array(CHANNELS * input * 27);
    weights[13] = 1;
    return weights;
  };
  const pads = [1, 1, 1, 1, 1, 1];
  let value = graph.node('Conv', [image, graph.constant('w0', kernel(1), [CHANNELS, 1, 3, 3, 3])], 'c0', { pads });
  for (let layer = 1; layer <= options.layers; layer++) {
    const weights = graph.constant(`w${layer}`, kernel(CHANNELS), [CHANNELS, CHANNELS, 3, 3, 3]);
    value = graph.node('Conv', [value, weights], `c${layer}`, { pads });
  }
  const out = new Float32Array(2 * CHANNELS);
  out[CHANNELS] = 1;
  graph.node('Conv', [value, graph.constant('out', out, [2, CHANNELS, 1, 1, 1])], 'logits');
  graph.output('logits', 'float32', [1, 2, 'k', 'j', 'i']);
  await writePack(
    join(folder, id),
    {
      schemaVersion: 1,
      id,
      version: '1.0.0',
      title: 'Slow threshold',
      licence: { spdx: 'MIT' },
      intendedUse: 'Tests of long jobs.',
      modalities: ['ct'],
      kind: 'label-map',
      model: {
        graph: 'model.onnx',
        axes: 'kji',
        channels: 2,
        activation: 'softmax',
        conform: {},
        intensity: { kind: 'none' },
        window: { shape: [options.tile, options.tile, options.tile], halo: options.layers + 1 },
        classes: [{ channel: 1, name: 'target' }],
      },
    },
    { 'model.onnx': writeModel(graph.build()) },
  );
}
