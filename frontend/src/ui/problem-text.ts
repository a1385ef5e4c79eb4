// One sentence per problem code the console knows; what it does not know speaks for itself in `detail`.
import type { TFunction } from 'i18next'
import { isProblem, NETWORK, type Problem } from '../api/problem'
import { countdown } from '../i18n/format'

const SENTENCES: Record<string, string> = {
  [NETWORK]: 'common:problem.network',
  http_502: 'common:problem.unavailable',
  http_503: 'common:problem.unavailable',
  http_504: 'common:problem.unavailable',
  unavailable: 'common:problem.unavailable',
  internal_error: 'common:problem.internal_error',
  not_authenticated: 'common:problem.not_authenticated',
  permission_denied: 'common:problem.permission_denied',
  mfa_required: 'common:problem.mfa_required',
  tenant_suspended: 'common:problem.tenant_suspended',
  role_too_high: 'common:problem.role_too_high',
  scope_too_wide: 'common:problem.scope_too_wide',
  not_found: 'common:problem.not_found',
  already_member: 'common:problem.already_member',
  invite_pending: 'common:problem.invite_pending',
  invite_closed: 'common:problem.invite_closed',
  name_taken: 'common:problem.name_taken',
  team_not_empty: 'common:problem.team_not_empty',
  key_is_revoked: 'common:problem.key_is_revoked',
  rotation_running: 'common:problem.rotation_running',
  email_unavailable: 'common:problem.email_unavailable',
  validation: 'common:problem.validation',
  required: 'common:problem.required',
  blank: 'common:problem.required',
  last_owner: 'common:problem.last_owner',
  csrf_failed: 'common:problem.csrf_failed',
  step_up_required: 'common:problem.step_up_required',
  version_conflict: 'common:problem.version_conflict',
  email_password_mismatch: 'common:problem.wrong_credentials',
  too_many_login_attempts: 'common:problem.too_many_attempts',
  incorrect_code: 'common:problem.incorrect_code',
  incorrect_password: 'common:problem.incorrect_password',
  enter_current_password: 'common:problem.incorrect_password',
  password_too_common: 'common:problem.password_too_common',
  password_too_short: 'common:problem.password_too_short',
  password_too_similar: 'common:problem.password_too_similar',
  password_entirely_numeric: 'common:problem.password_entirely_numeric',
}

/** The sentences of one feature, which come with its pages. */
export function addSentences(sentences: Readonly<Record<string, string>>): void {
  Object.assign(SENTENCES, sentences)
}

const WAITS: Record<string, string> = {
  login_locked: 'common:problem.login_locked',
  rate_limited: 'common:problem.rate_limited',
  http_429: 'common:problem.rate_limited',
}

export function problemSentence(error: unknown, t: TFunction): string {
  if (!isProblem(error)) return t('common:problem.unknown')
  const wait = WAITS[error.code]
  if (wait && error.body.retry_after !== undefined)
    return t(wait, { wait: countdown(error.body.retry_after) })
  const sentence = SENTENCES[error.code]
  if (sentence) return t(sentence)
  return ownWords(error) ?? t('common:problem.unknown')
}

function ownWords(problem: Problem): string | null {
  return problem.body.detail ?? problem.body.title ?? null
}

/** The sentence of one field error: by its code, else as the server says it. */
export function fieldSentence(error: { code: string; message: string }, t: TFunction): string {
  const sentence = SENTENCES[error.code]
  return sentence ? t(sentence) : error.message
}
