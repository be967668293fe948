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
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      eqeqeq: ['error', 'smart'],
      'no-console': 'error',
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
    // The command line's whole purpose is to print.
    files: ['cli/src/**', 'bench/**', 'scripts/**'],
    rules: { 'no-console': 'off' },
  },
);
