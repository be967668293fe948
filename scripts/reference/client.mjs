import { openApiDocument } from '@parse3d/api';
import openapiTypes, { astToString } from 'openapi-typescript';

/** Types of every path, from the document that the api serves. */
export const clientTypes = async () =>
  `/** Made by \`npm run reference\` from the OpenAPI document; not to be edited. */\n\n${astToString(
    // What has a default may be left out of a request.
    await openapiTypes(openApiDocument('0.0.0', undefined), { defaultNonNullable: false }),
  )}`;
