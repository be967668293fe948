import fc from 'fast-check';
import picomatch from 'picomatch';
import { expect, test } from 'vitest';
import { BatchSource, compileGlob } from '@parse3d/contract';

const matching = (pattern: string, paths: readonly string[]): string[] => {
  const glob = compileGlob(pattern);
  return paths.filter((path) => glob.matches(path));
};

test('wildcards stay in their segment, two stars cross segments, and hidden names have to be written', () => {
  const paths = ['a.nii', 'a.nii.gz', 'x/a.nii', 'x/y/b.nii.gz', '.a.nii', 'x/.y/b.nii', 'x/.b.nii', 'notes.txt'];
  expect(matching('**/*.{nii,nii.gz}', paths)).toEqual(['a.nii', 'a.nii.gz', 'x/a.nii', 'x/y/b.nii.gz']);
  expect(matching('*.nii', paths)).toEqual(['a.nii']);
  expect(matching('x/**', paths)).toEqual(['x/a.nii', 'x/y/b.nii.gz']);
  expect(matching('**/.*.nii', paths)).toEqual(['.a.nii', 'x/.b.nii']);
  expect(matching('x/?.nii', paths)).toEqual(['x/a.nii']);
  expect(matching('[!n]*', paths)).toEqual(['a.nii', 'a.nii.gz']);
  expect(matching('{x/{a,b},notes}.*', paths)).toEqual(['x/a.nii', 'notes.txt']);
  expect(matching(String.raw`\*.nii`, ['*.nii', 'a.nii'])).toEqual(['*.nii']);
});

test('what matches is what picomatch matches', () => {
  // Left out is where picomatch differs: `a/**` matches `a` itself, a negated class takes a leading dot, `./a` is `a`.
  const wild = fc.constantFrom('*', '?', '[ab]', '[b-n]');
  const plain = fc.constantFrom('a', 'b', 'nii', 'a.b', '{a,b}', '{a,nii.a}', '{b,{a,c}}');
  const segment = fc.oneof(
    fc.tuple(plain, wild).map((parts) => parts.join('')),
    fc.tuple(wild, plain).map((parts) => parts.join('')),
    fc.tuple(plain, wild, plain, wild).map((parts) => parts.join('')),
    plain,
    wild,
  );
  const folder = fc.oneof(segment, fc.constant('**'));
  const pattern = fc
    .tuple(fc.array(folder, { maxLength: 3 }), segment)
    .map(([above, last]) => [...above, last].join('/'));
  const name = fc.array(fc.constantFrom('a', 'b', '.', 'nii', 'c'), { minLength: 1, maxLength: 4 });
  const path = fc
    .array(name, { minLength: 1, maxLength: 4 })
    .map((names) => names.map((parts) => parts.join('')).join('/'));
  fc.assert(
    fc.property(pattern, fc.array(path, { minLength: 20, maxLength: 20 }), (pattern, paths) => {
      const oracle = picomatch(pattern, { dot: false, noextglob: true });
      expect(matching(pattern, paths), pattern).toEqual(paths.filter((some) => oracle(some)));
    }),
    { seed: 13, numRuns: 300 },
  );
});

test('no pattern costs more steps than its length times that of the path', () => {
  const path = `${'a'.repeat(500)}/${'b'.repeat(500)}`;
  for (const pattern of [
    '*?'.repeat(100),
    '*a'.repeat(120),
    '**/'.repeat(80),
    '{a,b}*'.repeat(40),
    '{*,{*,{*,{*,*}}}}'.repeat(15),
    `${'*'.repeat(100)}x`,
    '[!x]*'.repeat(50),
  ]) {
    const glob = compileGlob(pattern);
    glob.matches(path);
    expect(glob.steps, pattern).toBeLessThanOrEqual((path.length + 1) * 2 * (pattern.length + 1));
  }
});

test('a pattern that is empty, unfinished, too deep or of another kind is refused in the words of a request', () => {
  const refused = ['', '{a', '[a', 'a\\', '!a', '+(a|b)', '{{{{{a}}}}}', 'a'.repeat(257)];
  for (const pattern of refused) {
    const parsed = BatchSource.safeParse({ kind: 'prefix', uri: 's3://scans/', pattern });
    expect(parsed.success, pattern).toBe(false);
    expect(() => compileGlob(pattern)).toThrow(expect.objectContaining({ code: 'request-invalid' }));
  }
  expect(BatchSource.safeParse({ kind: 'prefix', uri: 's3://scans/', pattern: '**/*.nii' }).success).toBe(true);
});
