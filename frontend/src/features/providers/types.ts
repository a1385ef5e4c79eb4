// Short names of what the API says about back-ends.
import type { components } from '../../api/schema'

type Schemas = components['schemas']

export type Provider = Schemas['Provider']
export type ProviderCreate = Schemas['ProviderCreateRequest']
export type ProviderWrite = Schemas['PatchedProviderUpdateRequest']
/** 0 down, 1 degraded, 2 good. */
export type Cell = number | null
export type Credential = Schemas['Credential']
export type CredentialCreate = Schemas['CredentialCreateRequest']
export type CredentialWrite = Schemas['PatchedCredentialUpdateRequest']
export type CredentialState = Credential['state']
export type UpstreamModel = Schemas['UpstreamModel']
export type UpstreamModelCreate = Schemas['ModelCreateRequest']
export type UpstreamModelWrite = Schemas['PatchedModelUpdateRequest']
export type HealthRow = NonNullable<Schemas['Health']['providers']>[number]

export type TestStep = Schemas['Step']
export type FoundModel = Schemas['FoundModel']
export type TestReport = Schemas['TestReport']
export type TestForm = Schemas['DraftTestRequest']
export type Check = Schemas['HealthCheck']
