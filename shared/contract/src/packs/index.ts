/** Used where nobody names a pack: it works on a fresh machine, without a GPU or a download. */
export const DEFAULT_PACK = 'starter-brain-mr';

export { parsePack, readPackCatalog, readPackJson, type PackCatalog, type RejectedPack } from './catalog.js';
export { keepPartsOf, type KeepParts } from './keep.js';
export { matchPrompt, matchPrompts, type PromptMatch } from './match.js';
export { targetsOf, type PackTargets } from './names.js';
export { remarksOn, standingsOf, standingWarnings, type PromptStanding, type Standings } from './standing.js';
export { MOST_COMPARED } from './suggest.js';
export { nearest, type Meter } from '../text/nearest.js';
