export { apiEnvSchema, readApiConfig, type ApiConfig } from './config.js';
export { openApiDocument } from './openapi.js';
export { startApi, type RunningApi } from './server.js';
