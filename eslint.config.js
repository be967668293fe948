import tseslint from 'typescript-eslint';

export default tseslint.config(
  {
    ignores: [
      '**/dist/**',
      '**/node_modules/**',
      '.parse3d/**',
      'test-results/**',
      'test-artefacts/**',
      'tools/**',
      'docs/.vitepress/cache/**',
      'clients/typescript/src/generated/**',
    ],
  },
  ...tseslint.configs.recommended,
  ...tseslint.configs.recommendedTypeCheckedOnly.map((config) => ({ ...config, files: ['**/*.ts', '**/*.tsx'] })),
  {
    files: ['**/*.ts', '**/*.tsx'],
    languageOptions: {
      parserOptions: { project: ['./tsconfig.eslint.json'], tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/await-thenable': 'error',
      '@typescript-eslint/return-await': ['error', 'in-try-catch'],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/only-throw-error': 'error',
      // An abort's reason is passed on as it is, and its type is any.
      '@typescript-eslint/prefer-promise-reject-errors': [
        'error',
        { allowThrowingAny: true, allowThrowingUnknown: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      // An interface may ask for a promise or an async generator where there is nothing to wait for.
      '@typescript-eslint/require-await': 'off',
      eqeqeq: ['error', 'smart'],
      'no-console': 'error',
    },
  },
  {
    // Compiled without `noUncheckedIndexedAccess`: what a voxel loop reads is a number.
    files: ['engine/src/**'],
    languageOptions: { parserOptions: { project: ['./engine/tsconfig.json'], tsconfigRootDir: import.meta.dirname } },
  },
  {
    files: ['shared/volume/src/**'],
    languageOptions: {
      parserOptions: { project: ['./shared/volume/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
  },
  {
    // The page has a browser's types, not Node's.
    files: ['services/web/src/**'],
    languageOptions: {
      parserOptions: { project: ['./services/web/tsconfig.json'], tsconfigRootDir: import.meta.dirname },
    },
  },
  {
    // Vitest's matchers such as `expect.stringContaining` are any, and `expect(found.close).toBeUndefined()` takes a method
    // without calling it. What is read out of an answer is checked as elsewhere: through a schema, or as unknown.
    files: ['**/test/**', 'bench/**'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/unbound-method': 'off',
    },
  },
  {
    // The command line's whole purpose is to print.
    files: ['cli/src/**', 'bench/**', 'scripts/**'],
    rules: { 'no-console': 'off' },
  },
);
