import { expect, test } from 'vitest';
import { z } from 'zod';
import { byteSize, commaList, commonEnv, duration, flag, parseEnv, port } from '../../src/config/index.js';
import { Problem } from '@parse3d/contract/problems';

const schema = z.object({
  WAIT: duration('2s'),
  SIZE: byteSize('1GiB'),
  LIST: commaList('a, b'),
  ON: flag('false'),
  PORT: port(80),
});

test('unset and empty variables take their defaults', () => {
  expect(parseEnv(schema, { WAIT: '' })).toEqual({
    WAIT: 2_000,
    SIZE: 2 ** 30,
    LIST: ['a', 'b'],
    ON: false,
    PORT: 80,
  });
});

test('durations, sizes, lists, flags and ports are read with their units', () => {
  const env = { WAIT: '250ms', SIZE: '1.5MiB', LIST: ' x ,,y', ON: 'true', PORT: '0' };
  expect(parseEnv(schema, env)).toEqual({ WAIT: 250, SIZE: 1_572_864, LIST: ['x', 'y'], ON: true, PORT: 0 });
  expect(parseEnv(schema, { SIZE: '500GB' }).SIZE).toBe(500e9);
});

test('every wrong variable is named, and none of their values is told', () => {
  const read = (): unknown => parseEnv(schema, { WAIT: 'secret-1', SIZE: 'secret-2', PORT: '70000' });
  expect(read).toThrow(Problem);
  expect(read).toThrow(/WAIT.*SIZE.*PORT/);
  expect(read).not.toThrow(/secret/);
});

test('the common variables have defaults for everything', () => {
  expect(parseEnv(commonEnv, {})).toMatchObject({ PARSE3D_STORAGE: 'file', PARSE3D_DEFAULT_PACK: 'starter-brain-mr' });
});
