// The form of a new back-end, and what of it goes to the server.
import type { Choice } from '../../api/vendors'
import { slugOf } from '../../api/vendors'
import type { Kind } from '../../api/types'
import { isRegional, regionOf } from './kind-words'
import type { CredentialCreate, FoundModel, ProviderCreate, TestForm } from './types'

export interface HeaderValue {
  name: string
  value: string
}

export interface ConnectionValues {
  name: string
  slug: string
  /** For every tenant of the installation. */
  platform: boolean
  credential_kind: string
  secret: string
  header: string
  base_url: string
  region: string
  connect_ms: number | null
  ttft_ms: number | null
  total_ms: number | null
  proxy_url: string
  headers: HeaderValue[]
}

const FIRST_CREDENTIAL = 'primary'

export function startValues(choice: Choice, kind: Kind): ConnectionValues {
  const address = choice.base_url || kind.default_base_url
  return {
    name: choice.label,
    slug: slugOf(choice.id),
    platform: false,
    credential_kind: kind.credential_kinds[0] ?? 'none',
    secret: '',
    header: '',
    base_url: address,
    region: isRegional(kind.kind) ? regionOf(address) : '',
    connect_ms: null,
    ttft_ms: null,
    total_ms: null,
    proxy_url: '',
    headers: [],
  }
}

export function headerRecord(headers: readonly (Partial<HeaderValue> | undefined)[]): Record<string, string> {
  return Object.fromEntries(
    headers.flatMap((header) => {
      const name = header?.name?.trim()
      return name ? [[name, header?.value?.trim() ?? '']] : []
    }),
  )
}

export function headerList(headers: Readonly<Record<string, string>>): HeaderValue[] {
  return Object.entries(headers).map(([name, value]) => ({ name, value }))
}

function credential(values: ConnectionValues): CredentialCreate {
  const kind = values.credential_kind as CredentialCreate['kind']
  // A pool without a row has nothing to call with: an address that asks for no secret has a row that says so.
  if (values.credential_kind === 'none') return { name: FIRST_CREDENTIAL, kind }
  return {
    name: FIRST_CREDENTIAL,
    kind,
    secret: values.secret.trim(),
    ...(values.credential_kind === 'header' ? { header: values.header.trim() } : {}),
  }
}

/** Only what was filled in: what is absent is the default of the kind. */
function filled<T extends object>(values: T): Partial<T> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== '' && value !== null),
  ) as Partial<T>
}

function transport(values: ConnectionValues) {
  const headers = headerRecord(values.headers)
  return {
    ...filled({
      base_url: values.base_url.trim(),
      region: values.region.trim(),
      connect_ms: values.connect_ms,
      ttft_ms: values.ttft_ms,
      total_ms: values.total_ms,
      proxy_url: values.proxy_url.trim(),
    }),
    ...(Object.keys(headers).length > 0 ? { headers } : {}),
  }
}

/** `model` is asked for one token; without it no completion is tried. */
export function testForm(kind: string, values: ConnectionValues, model?: string): TestForm {
  const { secret, header, kind: credentialKind } = credential(values)
  const { base_url, region, headers } = transport(values)
  return {
    kind: kind as TestForm['kind'],
    base_url: base_url ?? '',
    credential_kind: credentialKind ?? 'none',
    ...filled({ region: region ?? '', secret: secret ?? '', header: header ?? '', model: model ?? '' }),
    ...(headers ? { headers } : {}),
  }
}

export interface ChosenModel {
  upstream: string
  name: string
}

/** What the vendor's list says about a model. */
function known(model: FoundModel | undefined) {
  if (!model) return {}
  const { operations, context_window, max_output_tokens } = model
  return {
    ...(operations.length > 0 ? { operations } : {}),
    ...filled({ context_window, max_output_tokens }),
  }
}

export function creation(
  kind: string,
  values: ConnectionValues,
  models: readonly ChosenModel[],
  found: readonly FoundModel[],
): ProviderCreate {
  return {
    kind,
    name: values.name.trim(),
    slug: values.slug.trim(),
    ...transport(values),
    ...(values.platform ? { platform: true } : {}),
    credentials: [credential(values)],
    ...(models.length > 0
      ? {
          models: models.map(({ upstream, name }) => ({
            upstream_name: upstream,
            public_name: name.trim() || upstream,
            ...known(found.find((model) => model.name === upstream)),
          })),
        }
      : {}),
  } as ProviderCreate
}

/** `credentials[0].secret` is the field `secret` here, `headers.X-Team` the block of headers. */
export function fieldHere(field: string): string {
  const nested = /^credentials\[\d+\]\.(\w+)$/.exec(field)
  if (nested) return nested[1] === 'kind' ? 'credential_kind' : (nested[1] ?? field)
  return field.split(/[.[]/)[0] ?? field
}
