// Short names of the generated schemas.
import type { components } from './schema'

type Schemas = components['schemas']

export type Boot = Schemas['Boot']
export type Me = Schemas['Me']
export type Preferences = Schemas['Preferences']
export type Role = Schemas['Role']
export type ApiKey = Schemas['ApiKey']
export type ApiKeyWithSecret = Schemas['ApiKeyWithSecret']
export type ApiKeyWrite = Schemas['ApiKeyWrite']
export type Member = Schemas['Member']
export type Team = Schemas['Team']
export type Invite = Schemas['Invite']
export type InviteWithLink = Schemas['InviteWithLink']
export type AuditRow = Schemas['AuditRow']
export type Tenant = Schemas['Tenant']
export type TenantWrite = Partial<Schemas['TenantWrite']>
export type ConsoleSession = Schemas['Session']
export type ErrorCode = Schemas['ErrorCode']
