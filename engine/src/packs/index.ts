export { buildCtTissue } from './build-ct-tissue.js';
export { loadPack } from './load.js';
export { importMeshnet, type ImportMeshnetRequest, type ImportReport } from './meshnet/import.js';
export type { ComputedCheck } from './meshnet/verify.js';
export { sealPack } from './seal.js';
export { signatureOf, type GraphSignature, type ValueSignature } from './signature.js';
export { writePack, type PackDraft } from './write.js';
