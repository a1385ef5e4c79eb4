import query from '@tanstack/eslint-plugin-query'
import boundaries from 'eslint-plugin-boundaries'
import checkFile from 'eslint-plugin-check-file'
import i18next from 'eslint-plugin-i18next'
import a11y from 'eslint-plugin-jsx-a11y'
import hooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

const own = (type) => ({
  from: { element: { type } },
  allow: [
    { to: { element: { type, captured: { name: '{{from.element.captured.name}}' } } } },
    { to: { element: { type: 'shared' } } },
  ],
})

export default tseslint.config(
  { ignores: ['dist', 'e2e/test-results', 'src/api/schema.d.ts', '**/node_modules'] },
  {
    files: ['src/**/*.{ts,tsx}'],
    extends: [
      tseslint.configs.strictTypeChecked,
      hooks.configs.flat.recommended,
      query.configs['flat/recommended'],
      a11y.flatConfigs.strict,
    ],
    languageOptions: { parserOptions: { projectService: true } },
    plugins: { boundaries, 'check-file': checkFile, i18next },
    settings: {
      'import/resolver': { typescript: true },
      'boundaries/elements': [
        // The capability table is the one part of the shell that every feature may read (CO-5).
        { type: 'shared', pattern: 'src/app/capabilities' },
        { type: 'app', pattern: 'src/app' },
        { type: 'feature', pattern: 'src/features/*', capture: ['name'] },
        { type: 'portal', pattern: 'src/portal/*', capture: ['name'] },
        { type: 'test', pattern: 'src/test' },
        { type: 'shared', pattern: 'src/(ui|api|live|i18n)' },
      ],
    },
    rules: {
      'boundaries/dependencies': [
        'error',
        {
          default: 'disallow',
          policies: [
            {
              from: { element: { type: 'app' } },
              allow: [{ to: { element: { type: ['app', 'feature', 'portal', 'shared'] } } }],
            },
            own('feature'),
            own('portal'),
            { from: { element: { type: 'shared' } }, allow: [{ to: { element: { type: 'shared' } } }] },
          ],
        },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'check-file/filename-naming-convention': [
        'error',
        { 'src/**/*.{ts,tsx}': 'KEBAB_CASE' },
        { ignoreMiddleExtensions: true },
      ],
      'i18next/no-literal-string': ['error', { mode: 'jsx-text-only' }],
      'max-lines': ['error', 300],
      'no-restricted-syntax': [
        'error',
        { selector: 'ExportAllDeclaration', message: 'No barrels: import from the file itself.' },
        { selector: "CallExpression[callee.name='parseFloat']", message: 'Money is a decimal string.' },
        {
          selector: "CallExpression[callee.property.name='parseFloat']",
          message: 'Money is a decimal string.',
        },
        { selector: "JSXAttribute[name.name='dangerouslySetInnerHTML']", message: 'Text is never markup.' },
      ],
    },
  },
  {
    files: ['src/**/*.test.{ts,tsx}', 'src/test/**/*.{ts,tsx}'],
    rules: {
      // Tests may reach into src/test and into what they mount.
      'boundaries/dependencies': 'off',
      'i18next/no-literal-string': 'off',
    },
  },
  {
    files: ['src/**/!(*.test).{ts,tsx}'],
    ignores: ['src/test/**', 'src/**/*.test.{ts,tsx}'],
    rules: {
      'no-restricted-imports': [
        'error',
        { patterns: [{ group: ['**/test/*'], message: 'src/test is importable from tests only.' }] },
      ],
    },
  },
)
