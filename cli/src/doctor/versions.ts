import { software } from '@parse3d/contract/software';
import { fail, ok, type Check } from './check.js';

const OLDEST_NODE = [20, 19] as const;

export function checkVersions(): Check[] {
  const { version } = software(process.env);
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const newEnough = major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
  const detail = `parse3d ${version}, Node ${process.versions.node}, ${process.platform} ${process.arch}`;
  return newEnough
    ? [ok('versions', detail)]
    : [fail('versions', detail, `use Node ${OLDEST_NODE.join('.')} or newer: https://nodejs.org`)];
}
