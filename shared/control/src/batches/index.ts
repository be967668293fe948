export { BatchCounters, itemStates, type BatchCounts, type ItemEnd, type Place } from './counters.js';
export { pinned } from './expander.js';
export { BatchOverseer } from './overseer.js';
export { rebuildBatch } from './rebuild.js';
export { reportNames, type ReportName } from './reports.js';
export { requestOfBatchJob } from './request.js';
export { rememberResult, reuseResult } from './reuse.js';
export { BatchStore, type BatchControl, type BatchFinished } from './store.js';
