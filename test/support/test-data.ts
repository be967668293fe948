import { existsSync } from 'node:fs';

// A wrong path must fail loudly: skipping everything for a typo would look like success.
const folder = process.env['PARSE3D_TEST_DATA'];
if (folder !== undefined && !existsSync(folder)) {
  throw new Error(`PARSE3D_TEST_DATA is set to ${folder}, which does not exist`);
}
