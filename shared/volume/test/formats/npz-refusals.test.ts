import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readNpz } from '../../src/formats/index.js';
import { readPickle } from '../../src/formats/npz/pickle.js';
import { parsePrompts } from '../../src/formats/npz/prompts.js';
import { isProblem, Problem } from '@parse3d/contract/problems';
import { seededRandom } from '../geometry/random.js';
import { npy, numbers, pickled, unitSpacing, zip } from './npz-files.js';
import { temporaryFolder } from './temporary.js';

const folder = temporaryFolder();
const imgs = numbers(
  '|u1',
  '(2, 3, 4)',
  Uint8Array.from({ length: 24 }, (_, n) => n),
);

/** numpy's wrapping of a dictionary, protocol 4, with any ops for the dictionary itself. */
function wrapped(dictionary: string): Buffer {
  const text = (value: string) => `\x8c${String.fromCharCode(value.length)}${value}`;
  const head = `\x80\x04${text('numpy._core.multiarray')}${text('_reconstruct')}\x93${text('numpy')}${text('ndarray')}\x93`;
  const array = `${head}K\0\x85C\x01b\x87R(K\x01)`;
  const dtype = `${text('numpy')}${text('dtype')}\x93${text('O8')}\x89\x88\x87R(K\x03${text('|')}NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK?tb`;
  return Buffer.from(`${array}${dtype}\x89]${dictionary}atb.`, 'latin1');
}
const spleen = '}\x8c\x011\x8c\x06spleens';

async function refusal(name: string, bytes: Buffer, options = {}): Promise<Problem> {
  const path = join(folder, `${name.replace(/\W+/g, '-')}.npz`);
  writeFileSync(path, bytes);
  try {
    await readNpz(path, options);
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  return expect.fail(`${name} was read`);
}

test('the wrapping that these tests vary is the one that is accepted', () => {
  expect(parsePrompts(wrapped(spleen)).prompts).toEqual([{ label: 1, text: 'spleen' }]);
});

const valid = zip([
  ['imgs.npy', imgs],
  ['spacing.npy', unitSpacing],
  ['text_prompts.npy', pickled(wrapped(spleen))],
]);

describe('files that are not what they say', () => {
  const withImgs = (content: Buffer): Buffer =>
    zip([
      ['imgs.npy', content],
      ['spacing.npy', unitSpacing],
    ]);
  test.each([
    ['no zip at all', Buffer.from('PK\x03\x04 and then nothing'), 'npz-invalid'],
    ['an empty file', Buffer.alloc(0), 'npz-invalid'],
    ['a cut zip', valid.subarray(0, valid.length - 30), 'npz-invalid'],
    ['no imgs', zip([['other.npy', imgs]]), 'npz-invalid'],
    ['no spacing', zip([['imgs.npy', imgs]]), 'npz-invalid'],
    [
      'a name twice',
      zip([
        ['imgs.npy', imgs],
        ['imgs.npy', imgs],
      ]),
      'npz-invalid',
    ],
    ['an encrypted entry', zip([['imgs.npy', imgs, { flags: 1 }]]), 'npz-invalid'],
    ['an unknown method', zip([['imgs.npy', imgs, { method: 14 }]]), 'npz-invalid'],
    [
      'a wrong checksum',
      zip([
        ['imgs.npy', imgs, { crc: 1 }],
        ['spacing.npy', unitSpacing],
      ]),
      'npz-invalid',
    ],
    [
      'a size of terabytes',
      zip([
        ['imgs.npy', imgs, { bytes: 0xfffffff0 }],
        ['spacing.npy', unitSpacing],
      ]),
      'npz-too-large',
    ],
    ['too many entries', zip(Array.from({ length: 65 }, (_, n) => [`a${n}.npy`, imgs] as const)), 'npz-too-large'],
    ['a magic of another kind', withImgs(Buffer.alloc(200)), 'npz-invalid'],
    [
      'version 9',
      withImgs(npy("{'descr': '|u1', 'fortran_order': False, 'shape': (2, 3, 4), }", imgs, 9)),
      'npz-invalid',
    ],
    [
      'code in the header',
      withImgs(npy("{'descr': __import__('os'), 'fortran_order': False, 'shape': (1,)}", imgs)),
      'npz-invalid',
    ],
    ['a header that nests', withImgs(npy(`${'['.repeat(5000)}`, imgs)), 'npz-invalid'],
    [
      'structured values',
      withImgs(npy("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3, 4)}", imgs)),
      'npz-invalid',
    ],
    ['complex values', withImgs(numbers('<c8', '(2, 3, 4)', new Uint8Array(192))), 'npz-invalid'],
    ['objects', withImgs(pickled(wrapped(spleen))), 'npz-invalid'],
    ['two dimensions', withImgs(numbers('|u1', '(6, 4)', new Uint8Array(24))), 'volume-not-3d'],
    ['four dimensions', withImgs(numbers('|u1', '(1, 2, 3, 4)', new Uint8Array(24))), 'volume-not-3d'],
    ['no voxels', withImgs(numbers('|u1', '(2, 0, 4)', new Uint8Array(0))), 'volume-not-3d'],
    ['voxels that are missing', withImgs(numbers('|u1', '(2, 3, 4)', new Uint8Array(23))), 'npz-invalid'],
    ['a shape of terabytes', withImgs(numbers('<f8', '(100000, 100000, 100000)', new Uint8Array(24))), 'npz-invalid'],
    [
      'a spacing of two',
      zip([
        ['imgs.npy', imgs],
        ['spacing.npy', numbers('<f8', '(2,)', new Uint8Array(16))],
      ]),
      'npz-invalid',
    ],
    [
      'a spacing of zeros',
      zip([
        ['imgs.npy', imgs],
        ['spacing.npy', numbers('<f8', '(3,)', new Uint8Array(24))],
      ]),
      'npz-invalid',
    ],
  ])('%s is refused', async (name, bytes, code) => {
    expect((await refusal(name, bytes)).code).toBe(code);
  });

  test('a volume beyond the limits is refused before memory is taken', async () => {
    expect((await refusal('limits', valid, { maxVoxels: 23 })).code).toBe('volume-too-large');
  });

  test('a bomb stops at the size that the header declares', async () => {
    const bomb = numbers('|u1', '(2, 3, 4)', new Uint8Array(2 ** 27));
    const honest = await refusal('honest bomb', withImgs(bomb));
    expect(honest.code).toBe('npz-invalid');
    const lying = zip([
      ['imgs.npy', bomb, { bytes: imgs.length }],
      ['spacing.npy', unitSpacing],
    ]);
    expect((await refusal('lying bomb', lying)).code).toBe('npz-invalid');
  });
});

describe('pickles that are more than prompts', () => {
  const call = (module: string, name: string, args: string): Buffer =>
    Buffer.from(`\x80\x02c${module}\n${name}\n${args}R.`, 'latin1');
  const system = 'X\x0b\0\0\0touch owned\x85';
  test.each([
    ['os.system', call('os', 'system', system)],
    ['posix.system', call('posix', 'system', system)],
    ['builtins.eval', call('builtins', 'eval', system)],
    ['builtins.getattr', call('builtins', 'getattr', system)],
    ['subprocess.Popen by STACK_GLOBAL', Buffer.from('\x80\x04\x8c\nsubprocess\x8c\x05Popen\x93)R.', 'latin1')],
    ['a call hidden in a prompt', wrapped('}\x8c\x011cos\nsystem\n\x8c\x02id\x85Rs')],
    ['a call hidden in the state', Buffer.concat([wrapped(spleen).subarray(0, -3), Buffer.from('cos\nsystem\n)Rb.')])],
    ['an allowed global with other arguments', call('numpy.core.multiarray', '_reconstruct', system)],
    ['dtype of something else', call('numpy', 'dtype', '(X\x02\0\0\0V8\x89\x88t')],
    ['encode by another codec', call('_codecs', 'encode', '(X\x01\0\0\0aX\x03\0\0\0zipt')],
    ['a class instance (NEWOBJ)', Buffer.from('\x80\x02cnumpy\nndarray\n)\x81.', 'latin1')],
    ['an instance (INST)', Buffer.from('(ios\nsystem\n.', 'latin1')],
    ['an instance (OBJ)', Buffer.from('(cos\nsystem\no.', 'latin1')],
    ['an extension code', Buffer.from('\x80\x02\x82\x01.', 'latin1')],
    ['a persistent id', Buffer.from('\x80\x02X\x01\0\0\0aQ.', 'latin1')],
    ['an out-of-band buffer', Buffer.from('\x80\x05\x97.', 'latin1')],
    ['a protocol of the future', Buffer.from('\x80\x09N.', 'latin1')],
    ['a string of 4 GiB', Buffer.from('\x80\x02X\xff\xff\xff\xffabc.', 'latin1')],
    ['a stack of marks', Buffer.from(`\x80\x02${'('.repeat(200)}.`, 'latin1')],
    ['a stack of dictionaries', Buffer.from(`\x80\x02${'}'.repeat(20_000)}.`, 'latin1')],
    ['nothing at all', Buffer.alloc(0)],
    ['pop from nothing', Buffer.from('\x80\x02.', 'latin1')],
    ['a value left behind', Buffer.from('\x80\x02NN.', 'latin1')],
    ['bytes after the end', Buffer.from('\x80\x02N.N', 'latin1')],
    ['a memory never written', Buffer.from('\x80\x02h\x05.', 'latin1')],
    ['more than a mebibyte', Buffer.alloc(2 ** 20 + 1, 0x4e)],
  ])('%s is refused', (_name, pickle) => {
    let problem: unknown;
    try {
      readPickle(pickle);
    } catch (error) {
      problem = error;
    }
    expect(isProblem(problem, 'pickle-refused'), String(problem)).toBe(true);
  });

  test.each([
    ['a dictionary inside itself', wrapped('}\x94\x8c\x011h\0s')],
    ['a list inside itself', wrapped(']\x94h\0a')],
    ['dictionaries nested a thousand deep', wrapped(`${'}\x8c\x011'.repeat(1000)}}${'s'.repeat(1000)}`)],
    ['a number as a prompt', wrapped('}\x8c\x011K\x05s')],
    ['an empty prompt', wrapped('}\x8c\x011\x8c\x01 s')],
    ['a label that is no number', wrapped('}\x8c\x01a\x8c\x06spleens')],
    ['label 0', wrapped('}\x8c\x010\x8c\x06spleens')],
    ['a text instead of a dictionary', wrapped('\x8c\x06spleen')],
    ['a bare dictionary', Buffer.from(`\x80\x02${spleen}.`, 'latin1')],
  ])('%s is no set of prompts', (_name, pickle) => {
    expect(() => parsePrompts(pickle)).toThrow(Problem);
  });

  test.each([
    ['a control character', 'sp\0een', 'U+0000'],
    ['bytes that are not UTF-8', 'sp\xffeen', 'U+FFFD'],
  ])('a prompt with %s is refused with its label', (_what, text, point) => {
    const read = (): unknown => parsePrompts(wrapped(`}\x8c\x017\x8c\x06${text}s`));
    expect(read).toThrow(expect.objectContaining({ code: 'request-invalid', fields: { label: 7 } }));
    expect(read).toThrow(`text_prompts, label 7: expected plain text, character 3 is ${point}`);
  });

  test('keys that JavaScript knows touch nothing', () => {
    const evil = wrapped('}\x8c\x09__proto__\x8c\x08pollutedsX\x01\0\0\x001X\x06\0\0\0spleens');
    expect(() => parsePrompts(evil)).toThrow(Problem);
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

test('thousands of mutated files end in a volume or a typed problem, never in another error', async () => {
  const random = seededRandom(2025);
  const below = (n: number): number => Math.floor(random() * n);
  const path = join(folder, 'mutated.npz');
  const outcomes = new Map<string, number>();
  for (let n = 0; n < 1500; n += 1) {
    const bytes = Buffer.from(valid);
    for (let change = below(4); change >= 0; change -= 1) {
      const at = below(bytes.length);
      if (below(3) === 0) bytes.fill([0, 0xff, 0x7f][below(3)] ?? 0, at, Math.min(bytes.length, at + 1 + below(8)));
      else bytes[at] = below(256);
    }
    writeFileSync(path, below(10) === 0 ? bytes.subarray(0, below(bytes.length)) : bytes);
    const outcome = await readNpz(path, { maxVoxels: 1e6 }).then(
      () => 'read',
      (error: unknown) =>
        error instanceof Problem ? error.code : expect.fail(String(error instanceof Error ? error.stack : error)),
    );
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  }
  expect(outcomes.get('npz-invalid') ?? 0).toBeGreaterThan(100);
  expect(readFileSync(path).length).toBeLessThanOrEqual(valid.length);
});

test('mutated pickles end in a value or a typed problem', () => {
  const random = seededRandom(77);
  const seed = wrapped(spleen);
  let accepted = 0;
  for (let n = 0; n < 10_000; n += 1) {
    const bytes = Buffer.from(seed);
    for (let change = Math.floor(random() * 4); change >= 0; change -= 1) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    }
    try {
      for (const { text, label } of parsePrompts(bytes).prompts)
        expect([typeof text, typeof label]).toEqual(['string', 'number']);
      accepted += 1;
    } catch (error) {
      if (!isProblem(error, 'pickle-refused', 'npz-invalid', 'request-invalid')) throw error;
    }
  }
  expect(accepted).toBeLessThan(10_000);
});
