// Who takes part, and how they get in.
import { createHmac } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, type Page } from '@playwright/test'

export const OWNER = { email: 'li.wei@acme-robotics.example', password: 'four quiet words here' }
export const DEVELOPER = {
  email: 'wang.fang@acme-robotics.example',
  password: 'another quiet sentence',
  name: '王芳',
}

const results = join(import.meta.dirname, 'test-results')
export const OWNER_STATE = join(results, 'owner.json')
export const DEVELOPER_STATE = join(results, 'developer.json')
const FACTS = join(results, 'facts.json')

/** What one test learned and another needs. */
interface Facts {
  tenant: string
  /** A back-end that stays for the tests of pages. */
  provider: string
  /** A request that was answered. */
  request: string
  /** One that went on in another dialect. */
  translated: string
  recoveryCodes: string[]
}

export function remember(facts: Partial<Facts>): void {
  const known = (() => {
    try {
      return recall()
    } catch {
      return {}
    }
  })()
  writeFileSync(FACTS, JSON.stringify({ ...known, ...facts }))
}

export function recall(): Facts {
  return JSON.parse(readFileSync(FACTS, 'utf8')) as Facts
}

export const baseUrl = (): string => process.env['E2E_BASE_URL'] ?? ''

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
const STEP_MS = 30_000

/** RFC 6238, six digits. */
export function totp(secret: string, at = Date.now()): string {
  const bits = Array.from(secret.replace(/=+$/, ''), (letter) =>
    ALPHABET.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('')
  const key = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(at / STEP_MS)))
  const digest = createHmac('sha1', key).update(counter).digest()
  const offset = (digest.at(-1) ?? 0) & 15
  return String((digest.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
}

export async function signIn(page: Page, person: { email: string; password: string }): Promise<void> {
  await page.goto(`${baseUrl()}/login`)
  await page.getByLabel('E-mail').fill(person.email)
  await page.locator('#password').fill(person.password)
  await page.getByRole('button', { name: 'Sign in' }).click()
}

export async function closeSheet(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Done' }).click()
  await expect(page.getByRole('dialog')).toHaveCount(0)
}
