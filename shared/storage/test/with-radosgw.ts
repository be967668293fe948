import { describe } from 'vitest';
import { whyNoRadosgw } from '@parse3d/testing';

/** Tests that need a real radosgw: on CI it must be there, elsewhere its absence is said in the name of what is skipped. */
export function withRadosgw(name: string, tests: () => void): void {
  const reason = process.env['CI'] === undefined ? whyNoRadosgw() : undefined;
  if (reason === undefined) describe(name, tests);
  else describe.skip(`${name} (skipped: ${reason})`, tests);
}
