import { mutationOptions } from '@tanstack/react-query'
import { api, body, idempotent, ifMatch } from '../../api/client'
import type {
  CredentialCreate,
  CredentialWrite,
  ProviderCreate,
  ProviderWrite,
  TestForm,
  UpstreamModelCreate,
  UpstreamModelWrite,
} from './types'

interface Versioned {
  id: string
  version: number
}

interface Part {
  provider: string
  id: string
}

interface VersionedPart extends Part {
  version: number
}

const one = ({ id }: { id: string }) => ({ path: { provider_id: id } })
const credential = ({ provider, id }: Part) => ({ path: { provider_id: provider, credential_id: id } })
const model = ({ provider, id }: Part) => ({ path: { provider_id: provider, model_id: id } })

// What carries a secret is dropped from the cache at once: no page can read it again (CO-17).
const FORGET = { gcTime: 0 }

export const createProviderMutation = mutationOptions({
  ...FORGET,
  mutationKey: ['providers', 'create'],
  mutationFn: (values: ProviderCreate) =>
    body(api.POST('/api/v1/providers', { body: values, headers: idempotent() })),
})

export const updateProvider = ({ id, version, changes }: Versioned & { changes: ProviderWrite }) =>
  body(
    api.PATCH('/api/v1/providers/{provider_id}', {
      params: one({ id }),
      body: changes,
      headers: ifMatch(version),
    }),
  )

export const enableProviderMutation = mutationOptions({
  mutationKey: ['providers', 'enable'],
  mutationFn: (row: Versioned) =>
    body(
      api.POST('/api/v1/providers/{provider_id}/enable', {
        params: one(row),
        headers: ifMatch(row.version),
      }),
    ),
})

export const disableProviderMutation = mutationOptions({
  mutationKey: ['providers', 'disable'],
  mutationFn: (row: Versioned) =>
    body(
      api.POST('/api/v1/providers/{provider_id}/disable', {
        params: one(row),
        headers: ifMatch(row.version),
      }),
    ),
})

export const drainProviderMutation = mutationOptions({
  mutationKey: ['providers', 'drain'],
  mutationFn: (row: Versioned) =>
    body(
      api.POST('/api/v1/providers/{provider_id}/drain', {
        params: one(row),
        headers: ifMatch(row.version),
      }),
    ),
})

/** `confirm` is the slug as somebody typed it: only then is a back-end taken from under what uses it. */
export const deleteProviderMutation = mutationOptions({
  mutationKey: ['providers', 'delete'],
  mutationFn: ({ id, version, confirm }: Versioned & { confirm?: string }) =>
    body(
      api.DELETE('/api/v1/providers/{provider_id}', {
        params: { ...one({ id }), query: confirm === undefined ? {} : { force: true, confirm } },
        headers: ifMatch(version),
      }),
    ),
})

export const testFormMutation = mutationOptions({
  ...FORGET,
  mutationKey: ['providers', 'test-form'],
  mutationFn: (values: TestForm) => body(api.POST('/api/v1/providers/test', { body: values })),
})

export const createCredentialMutation = mutationOptions({
  ...FORGET,
  mutationKey: ['providers', 'credential', 'create'],
  mutationFn: ({ provider, values }: { provider: string; values: CredentialCreate }) =>
    body(
      api.POST('/api/v1/providers/{provider_id}/credentials', {
        params: one({ id: provider }),
        body: values,
        headers: idempotent(),
      }),
    ),
})

export const updateCredential = ({
  version,
  changes,
  ...part
}: VersionedPart & { changes: CredentialWrite }) =>
  body(
    api.PATCH('/api/v1/providers/{provider_id}/credentials/{credential_id}', {
      params: credential(part),
      body: changes,
      headers: ifMatch(version),
    }),
  )

export const rotateCredentialMutation = mutationOptions({
  ...FORGET,
  mutationKey: ['providers', 'credential', 'rotate'],
  mutationFn: ({ secret, version, ...part }: VersionedPart & { secret: string }) =>
    body(
      api.POST('/api/v1/providers/{provider_id}/credentials/{credential_id}/rotate', {
        params: credential(part),
        body: { secret },
        headers: ifMatch(version),
      }),
    ),
})

export const switchCredentialMutation = mutationOptions({
  mutationKey: ['providers', 'credential', 'switch'],
  mutationFn: ({ how, version, ...part }: VersionedPart & { how: 'enable' | 'disable' | 'reset' }) => {
    const call = { params: credential(part), headers: ifMatch(version) }
    if (how === 'enable')
      return body(api.POST('/api/v1/providers/{provider_id}/credentials/{credential_id}/enable', call))
    if (how === 'disable')
      return body(api.POST('/api/v1/providers/{provider_id}/credentials/{credential_id}/disable', call))
    return body(api.POST('/api/v1/providers/{provider_id}/credentials/{credential_id}/reset', call))
  },
})

export const deleteCredentialMutation = mutationOptions({
  mutationKey: ['providers', 'credential', 'delete'],
  mutationFn: ({ version, ...part }: VersionedPart) =>
    body(
      api.DELETE('/api/v1/providers/{provider_id}/credentials/{credential_id}', {
        params: credential(part),
        headers: ifMatch(version),
      }),
    ),
})

export const createModelMutation = mutationOptions({
  mutationKey: ['providers', 'model', 'create'],
  mutationFn: ({ provider, values }: { provider: string; values: UpstreamModelCreate }) =>
    body(
      api.POST('/api/v1/providers/{provider_id}/models', {
        params: one({ id: provider }),
        body: values,
        headers: idempotent(),
      }),
    ),
})

export const updateModel = ({ version, changes, ...part }: VersionedPart & { changes: UpstreamModelWrite }) =>
  body(
    api.PATCH('/api/v1/providers/{provider_id}/models/{model_id}', {
      params: model(part),
      body: changes,
      headers: ifMatch(version),
    }),
  )

export const deleteModelMutation = mutationOptions({
  mutationKey: ['providers', 'model', 'delete'],
  mutationFn: ({ version, ...part }: VersionedPart) =>
    body(
      api.DELETE('/api/v1/providers/{provider_id}/models/{model_id}', {
        params: model(part),
        headers: ifMatch(version),
      }),
    ),
})

export const syncModelsMutation = mutationOptions({
  mutationKey: ['providers', 'model', 'sync'],
  mutationFn: (row: { id: string }) =>
    body(api.POST('/api/v1/providers/{provider_id}/models/sync', { params: one(row) })),
})

export const runCheckMutation = mutationOptions({
  mutationKey: ['providers', 'check'],
  mutationFn: (row: { id: string }) =>
    body(api.POST('/api/v1/providers/{provider_id}/checks', { params: one(row) })),
})
