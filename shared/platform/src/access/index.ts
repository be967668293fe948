export { ApiKeyRecord, keyIdOf, mintApiKey, Scope, scopes, verifies } from './api-key.js';
export { Tenants, TenantSettings } from './tenants.js';
export { ApiKeys } from './key-store.js';
