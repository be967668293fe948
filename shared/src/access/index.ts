export { ApiKeyRecord, keyIdOf, mintApiKey, Scope, scopes, verifies } from './api-key.js';
export { ApiKeys } from './key-store.js';
