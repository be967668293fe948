export { ApiKeyRecord, keyIdOf, mintApiKey, Scope, scopes, verifies } from './api-key.js';
export { Tenants, TenantSettings } from './tenants.js';
export { ApiKeys } from './key-store.js';
export { Rights, type Begun } from './rights.js';
export { revocation, revokeTenant, type Stopped } from './revocation.js';
export { isLinkToken, LinkRecord, Links } from './links.js';
export { Sessions, type SessionRecord } from './sessions.js';
