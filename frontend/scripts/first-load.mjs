// Sums what a first visit of each route downloads (gzip level 9, JS only) and fails over the budget of the console.
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'

const KIB = 1024
const dist = new URL('../dist/', import.meta.url)
const manifest = JSON.parse(await readFile(new URL('.vite/manifest.json', dist), 'utf8'))

const texts = (name) => `src/i18n/locales/en/${name}.json`
const SHELL = ['index.html', 'src/app/mount.tsx', texts('common'), texts('shell')]
const BUDGETS = [
  { name: 'shell', entries: SHELL, limitKib: 260 },
  {
    name: 'sign-in',
    entries: [...SHELL, texts('auth'), 'src/features/auth/pages/sign-in-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'set-up',
    entries: [...SHELL, texts('onboarding'), 'src/features/onboarding/pages/setup-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'invitation',
    entries: [...SHELL, texts('onboarding'), 'src/features/onboarding/pages/invite-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'welcome',
    entries: [...SHELL, texts('onboarding'), 'src/features/onboarding/pages/welcome-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'requests',
    entries: [...SHELL, texts('requests'), 'src/features/requests/pages/requests-page.tsx'],
    limitKib: 360,
  },
  {
    name: 'request',
    entries: [...SHELL, texts('requests'), 'src/features/requests/pages/request-page.tsx'],
    limitKib: 360,
  },
  {
    name: 'providers',
    entries: [...SHELL, texts('providers'), 'src/features/providers/pages/providers-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'add provider',
    entries: [...SHELL, texts('providers'), 'src/features/providers/pages/add-provider-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'provider',
    entries: [...SHELL, texts('providers'), 'src/features/providers/pages/provider-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'models',
    entries: [...SHELL, texts('models'), 'src/features/models/pages/models-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'cost',
    entries: [...SHELL, texts('cost'), 'src/features/cost/pages/cost-page.tsx'],
    limitKib: 400,
  },
  {
    name: 'API keys',
    entries: [...SHELL, texts('keys'), 'src/features/keys/pages/keys-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'members',
    entries: [...SHELL, texts('members'), 'src/features/members/pages/members-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'audit log',
    entries: [...SHELL, texts('audit'), 'src/features/audit/pages/audit-page.tsx'],
    limitKib: 400,
  },
  {
    name: 'settings',
    entries: [...SHELL, texts('settings'), 'src/features/settings/pages/settings-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'account',
    entries: [...SHELL, texts('account'), 'src/features/account/pages/account-page.tsx'],
    limitKib: 440,
  },
  {
    name: 'error codes',
    entries: [...SHELL, texts('errors'), 'src/portal/errors/pages/errors-page.tsx'],
    limitKib: 400,
  },
]
const FURTHER_KIB = 190

function closure(entries) {
  const files = new Set()
  const visit = (key) => {
    const chunk = manifest[key]
    if (!chunk) throw new Error(`${key} is not in the manifest`)
    if (files.has(chunk.file)) return
    files.add(chunk.file)
    for (const dependency of chunk.imports ?? []) visit(dependency)
  }
  for (const entry of entries) visit(entry)
  return files
}

const sizes = new Map()
async function sizeOf(file) {
  if (!sizes.has(file)) sizes.set(file, gzipSync(await readFile(new URL(file, dist)), { level: 9 }).length)
  return sizes.get(file)
}

async function kib(files) {
  let bytes = 0
  for (const file of files) if (file.endsWith('.js')) bytes += await sizeOf(file)
  return bytes / KIB
}

let failed = false
const shell = closure(SHELL)
for (const { name, entries, limitKib } of BUDGETS) {
  const files = closure(entries)
  const total = await kib(files)
  const further = await kib([...files].filter((file) => !shell.has(file)))
  const isOver = total > limitKib || further > FURTHER_KIB
  failed ||= isOver
  const verdict = isOver ? 'OVER' : 'ok'
  console.log(
    `${name.padEnd(12)} ${total.toFixed(1).padStart(6)} of ${limitKib} KiB, ${further.toFixed(1).padStart(6)} beyond the shell  ${verdict}`,
  )
}
if (failed) process.exit(1)
