import { mutationOptions, queryOptions } from '@tanstack/react-query'
import type { Language } from '../../i18n/index'
import { api, body } from '../../api/client'

export interface SetupValues {
  email: string
  password: string
  tenant: string
  locale: Language
  tz: string
  currency: string
}

export const setupMutation = mutationOptions({
  mutationKey: ['setup'],
  mutationFn: (values: SetupValues & { token: string }) =>
    body(api.POST('/api/console/setup', { body: values })),
})

export const inviteQuery = (token: string) =>
  queryOptions({
    queryKey: ['invite', token],
    queryFn: () => body(api.GET('/api/console/invite', { params: { query: { token } } })),
    retry: false,
    gcTime: 0,
  })

export const acceptMutation = mutationOptions({
  mutationKey: ['accept-invite'],
  mutationFn: (values: { token: string; password?: string; display_name?: string }) =>
    body(api.POST('/api/console/accept-invite', { body: values })),
})
