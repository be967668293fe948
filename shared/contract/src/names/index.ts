// Without a parser of schemas, so that the page can use it too.
export * from './bids.js';
export * from './storage-uri.js';
export * from './volume-names.js';
