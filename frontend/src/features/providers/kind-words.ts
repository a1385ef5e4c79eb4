// What a kind of back-end calls things: its address, its secrets, its regions.
import type { Kind } from '../../api/types'

const BEDROCK: Kind['kind'] = 'bedrock'

export const CREDENTIAL_KINDS: Record<string, string> = {
  api_key: 'providers:credential_kind.api_key',
  header: 'providers:credential_kind.header',
  aws_keys: 'providers:credential_kind.aws_keys',
  none: 'providers:credential_kind.none',
}

/** Bedrock's API key stands beside AWS's keys, and is not to be taken for one of them. */
export function credentialKindText(kind: string, credential: string): string {
  if (kind === BEDROCK && credential === 'api_key') return 'providers:credential_kind.bedrock_key'
  return CREDENTIAL_KINDS[credential] ?? credential
}

interface SecretWords {
  label: string
  hint: string
  /** Where a secret is more than one word. */
  form?: { shown: string; pattern: RegExp; invalid: string }
}

const SECRETS: Readonly<Record<string, SecretWords>> = {
  header: { label: 'providers:field.header_secret', hint: 'providers:field.secret_hint' },
  aws_keys: {
    label: 'providers:field.aws_secret',
    hint: 'providers:field.aws_secret_hint',
    form: {
      shown: 'ID:SECRET[:TOKEN]',
      pattern: /^\s*[A-Z0-9]{16,128}:[A-Za-z0-9+/=]+(?::[A-Za-z0-9+/=_-]+)?\s*$/,
      invalid: 'providers:field.aws_secret_invalid',
    },
  },
}

export function secretWords(kind: string, credential: string | undefined): SecretWords {
  const known = SECRETS[credential ?? '']
  if (known) return known
  const label = kind === BEDROCK ? 'providers:field.bedrock_key' : 'providers:field.api_key'
  return { label, hint: 'providers:field.secret_hint' }
}

const ADDRESS_HINTS: Readonly<Record<string, string>> = {
  gemini: 'providers:field.gemini_url_hint',
  bedrock: 'providers:field.bedrock_url_hint',
}

export function addressHint(kind: string): string {
  return ADDRESS_HINTS[kind] ?? 'providers:field.base_url_hint'
}

/** Whether calls depend on the region, or only lists and rules. */
export const isRegional = (kind: string) => kind === BEDROCK

export const AWS_REGION = /^[a-z]{2}(?:-[a-z]+)+-\d$/
const AWS_ADDRESS =
  /^(https:\/\/bedrock-runtime(?:-fips)?\.)([a-z]{2}(?:-[a-z]+)+-\d)(\.(?:amazonaws\.com|api\.aws)(?:[/.].*)?)$/

/** The region that an address of AWS's own names; nothing for any other. */
export function regionOf(address: string): string {
  return AWS_ADDRESS.exec(address.trim())?.[2] ?? ''
}

/** The same address in another region; any other stays as it is. */
export function inRegion(address: string, region: string): string {
  if (!AWS_REGION.test(region.trim())) return address
  return address.trim().replace(AWS_ADDRESS, `$1${region.trim()}$3`)
}
