export { readPackCatalog, readPackJson, type PackCatalog, type RejectedPack } from './catalog.js';
export { matchPrompt, matchPrompts, type PromptMatch } from './match.js';
export { nearest } from './nearest.js';
