import { mutationOptions, queryOptions } from '@tanstack/react-query'
import {
  activateTotp,
  changePassword,
  deactivateTotp,
  readRecoveryCodes,
  readTotp,
  renewRecoveryCodes,
} from '../../api/auth'
import { api, body } from '../../api/client'
import { savePreferences } from '../../api/session'

export const sessionsQuery = queryOptions({
  queryKey: ['account', 'sessions'],
  queryFn: () => body(api.GET('/api/v1/sessions')),
  select: (page) => page.data,
})

export const endSessionMutation = mutationOptions({
  mutationKey: ['account', 'end-session'],
  mutationFn: ({ id }: { id: string }) =>
    body(api.DELETE('/api/v1/sessions/{session_id}', { params: { path: { session_id: id } } })),
})

export const endAllMutation = mutationOptions({
  mutationKey: ['account', 'end-all'],
  mutationFn: () => body(api.POST('/api/v1/sessions/revoke-all')),
})

export const preferencesMutation = mutationOptions({
  mutationKey: ['account', 'preferences'],
  mutationFn: savePreferences,
})

export const passwordMutation = mutationOptions({
  mutationKey: ['account', 'password'],
  gcTime: 0,
  mutationFn: changePassword,
})

export const enrolMutation = mutationOptions({
  mutationKey: ['account', 'enrol'],
  gcTime: 0,
  mutationFn: readTotp,
})

/** Turning it on makes recovery codes; they are shown at once, while the proof is fresh. */
export const activateMutation = mutationOptions({
  mutationKey: ['account', 'activate'],
  gcTime: 0,
  mutationFn: async (code: string) => {
    await activateTotp(code.replace(/\s/g, ''))
    return (await readRecoveryCodes()).unused_codes ?? []
  },
})

export const deactivateMutation = mutationOptions({
  mutationKey: ['account', 'deactivate'],
  mutationFn: deactivateTotp,
})

export const renewCodesMutation = mutationOptions({
  mutationKey: ['account', 'renew-codes'],
  gcTime: 0,
  mutationFn: async () => (await renewRecoveryCodes()).unused_codes ?? [],
})
