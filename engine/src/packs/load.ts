import { realpath } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pack } from '@parse3d/contract';
import { readPackJson } from '@parse3d/contract/packs';
import { Problem } from '@parse3d/contract/problems';
import { readModel } from '../onnx-model/index.js';
import type { LoadedPack } from '../types.js';
import { checkContract, namedFiles } from './check-contract.js';
import { checkGraph } from './check-graph.js';
import { readListedFile } from './files.js';
import { signatureOf } from './signature.js';
import type { GraphSignature } from './signature.js';

/**
 * Verifies a pack before anything of it runs: pack.json by the schema, every listed file by size and SHA-256, every graph
 * by what it holds, and the graphs' inputs and outputs by what pack.json says.
 * @param folder the pack's folder, from this machine's configuration and never from a client
 * @throws Problem `pack-invalid`, `pack-checksum` or `pack-graph-refused`
 */
export async function loadPack(folder: string): Promise<LoadedPack> {
  const pack = await readPackJson(folder);
  const root = await realpath(folder);
  for (const name of namedFiles(pack)) requireListed(pack, root, name);

  const graphs = new Map<string, GraphSignature>();
  // One after the other, so that no more than one graph is in memory.
  for (const [name, listed] of Object.entries(pack.files)) {
    const isGraph = name.endsWith('.onnx');
    const bytes = await readListedFile(root, name, listed, isGraph);
    if (bytes !== undefined) graphs.set(name, inspectGraph(name, bytes));
  }
  checkContract(pack, graphs);
  return {
    folder: root,
    pack,
    file: (name) => {
      requireListed(pack, root, name);
      return join(root, name);
    },
  };
}

function inspectGraph(name: string, bytes: Buffer): GraphSignature {
  const model = readModel(bytes);
  checkGraph(model, name);
  return signatureOf(model);
}

function requireListed(pack: Pack, folder: string, name: string): void {
  if (Object.hasOwn(pack.files, name)) return;
  const known = Object.keys(pack.files).join(', ') || 'none';
  throw new Problem('pack-invalid', `expected pack.json to list ${name} with its checksum, it lists ${known}`, {
    folder,
    file: name,
    path: 'files',
  });
}
