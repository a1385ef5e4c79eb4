// Finds a Chromium, in this order: CHROMIUM_PATH, one on PATH, Playwright's own, Playwright's download, the system's
// package (as root), the npm package. Fails with the command to type; a browser test is never skipped.
import { execFileSync } from 'node:child_process'
import { accessSync, constants, existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium } from '@playwright/test'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const DOWNLOAD_MS = 60_000
const INSTALL_MS = 180_000
const COMMAND = 'apt-get install -y --no-install-recommends chromium fonts-noto-cjk'

const require = createRequire(import.meta.url)

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function onPath(): string | null {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)
  const candidates = folders.flatMap((folder) => NAMES.map((name) => join(folder, name)))
  return candidates.find(isExecutable) ?? null
}

function managed(): string | null {
  const path = chromium.executablePath()
  return path && existsSync(path) ? path : null
}

function attempt(file: string, args: string[], timeout: number): boolean {
  try {
    execFileSync(file, args, { timeout, stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

function downloaded(): string | null {
  const cli = join(dirname(require.resolve('@playwright/test/package.json')), 'cli.js')
  return attempt(process.execPath, [cli, 'install', 'chromium'], DOWNLOAD_MS) ? managed() : null
}

function installed(): string | null {
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) return null
  attempt('/usr/bin/apt-get', ['update', '-qq'], INSTALL_MS)
  return attempt('/usr/bin/apt-get', COMMAND.split(' ').slice(1), INSTALL_MS) ? onPath() : null
}

/**
 * The npm package brings a browser, its libraries and one Latin font; Chinese comes from a second package. A wrapper
 * keeps their paths from whatever else the tests start.
 */
async function packaged(): Promise<string | null> {
  const folder = join(tmpdir(), `switchyard-e2e-${String(process.getuid?.() ?? 0)}`)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder // where the package unpacks
  try {
    const { default: bundle, inflate } = await import('@sparticuz/chromium')
    const path = await bundle.executablePath()
    const archives = dirname(dirname(fileURLToPath(import.meta.resolve('@sparticuz/chromium'))))
    const libraries = join(await inflate(join(archives, 'bin', 'al2023.tar.br')), 'lib')
    return wrapped(path, { folder, libraries })
  } catch {
    return null
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}

function wrapped(path: string, { folder, libraries }: { folder: string; libraries: string }): string {
  const chinese = dirname(require.resolve('@expo-google-fonts/noto-sans-sc/package.json'))
  const folders = [chinese, join(folder, 'fonts')].map((name) => `<dir>${name}</dir>`).join('')
  const fonts = join(folder, 'fonts.conf')
  writeFileSync(
    fonts,
    `<?xml version="1.0"?><fontconfig>${folders}<cachedir>${folder}</cachedir></fontconfig>`,
  )
  const wrapper = join(folder, 'browser')
  const line = `LD_LIBRARY_PATH='${libraries}' FONTCONFIG_FILE='${fonts}' exec '${path}' "$@"`
  writeFileSync(wrapper, `#!/bin/sh\n${line}\n`, { mode: 0o700 })
  return wrapper
}

export async function findBrowser(): Promise<string> {
  const given = process.env['CHROMIUM_PATH']
  const path = given ?? onPath() ?? managed() ?? downloaded() ?? installed() ?? (await packaged())
  if (path) return path
  throw new Error(`No Chromium found. Type: ${COMMAND}`)
}
