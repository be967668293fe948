import { GraphBuilder, writeModel } from '../src/onnx-model/index.js';
import { ctTissuePack, densityOf } from '../src/packs/ct-tissue.js';
import { writePack, type PackDraft } from '../src/packs/write.js';

/**
 * A pack that sorts voxels by density alone, with the classes of ct-tissue: of phantoms that are too small to be a
 * body, its answer is known for every voxel.
 */
export async function densityPack(bench: { folder(): Promise<{ path: string }> }): Promise<string> {
  const { path: folder } = await bench.folder();
  const graph = new GraphBuilder('density');
  densityOf(graph, graph.input('image', 'float32', [1, 1, 'k', 'j', 'i']), 'logits');
  graph.output('logits', 'float32', [1, 6, 'k', 'j', 'i']);
  if (ctTissuePack.kind !== 'label-map') throw new Error('expected a pack with classes');
  const { model, ...pack } = ctTissuePack;
  const { body, ...plain } = model;
  if (body === undefined) throw new Error('expected a pack with a body');
  const classes = plain.classes.map(({ removeBelowMl: _, ...rest }) => rest);
  const draft: PackDraft = { ...pack, model: { ...plain, classes, window: { shape: [512, 512, 8], halo: 0 } } };
  await writePack(folder, draft, { 'model.onnx': writeModel(graph.build()) });
  return folder;
}
