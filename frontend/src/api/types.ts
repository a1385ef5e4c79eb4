// Short names of the generated schemas.
import type { components } from './schema'

type Schemas = components['schemas']

export type Boot = Schemas['Boot']
export type Me = Schemas['Me']
export type Preferences = Required<Schemas['PatchedPreferencesRequest']>
export type Role = NonNullable<Me['role']>
export type ApiKey = Schemas['Key']
export type ApiKeyWithSecret = Schemas['IssuedKey']
export type AwsPair = Schemas['IssuedPair']
export type ApiKeyWrite = Schemas['PatchedKeyUpdateRequest']
export type ApiKeyCreate = Schemas['KeyCreateRequest']
export type Member = Schemas['Member']
export type Team = Schemas['TeamRow']
export type Invite = Schemas['InviteRow']
export type InviteWithLink = Schemas['SentInvite']
export type AuditRow = Schemas['AuditRow']
export type Tenant = Schemas['TenantRow']
export type TenantWrite = Schemas['PatchedTenantSettingsRequest']
export type ConsoleSession = Schemas['SessionRow']
export type ErrorCode = Schemas['ErrorCode']
export type Kind = Schemas['Kind']
export type Preset = Schemas['Preset']
