import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pack } from '@parse3d/contract';
import { writeModel } from '../onnx-model/index.js';
import { ctTissueGraph, ctTissuePack } from './ct-tissue.js';
import { writePack } from './write.js';

/**
 * Writes packs/ct-tissue: the graph made from the Hounsfield ranges and the pack.json with checksums. The bytes are the
 * same on every machine.
 * @param modelCard folder that holds the README.md which becomes part of the pack
 */
export async function buildCtTissue(out: string, modelCard: string): Promise<Pack> {
  const readme = await readFile(join(modelCard, 'README.md'));
  return writePack(out, ctTissuePack, { 'model.onnx': writeModel(ctTissueGraph()), 'README.md': readme });
}
