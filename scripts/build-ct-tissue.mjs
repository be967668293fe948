// Writes packs/ct-tissue from the Hounsfield ranges in engine/src/packs/ct-tissue.ts. Run by `npm run build:packs`.
import { join } from 'node:path';
import { buildCtTissue } from '@parse3d/engine';

const folder = join(import.meta.dirname, '..', 'packs', 'ct-tissue');
const pack = await buildCtTissue(folder, folder);
console.log(`${pack.id} ${pack.version}: ${Object.keys(pack.files).join(', ')} in ${folder}`);
