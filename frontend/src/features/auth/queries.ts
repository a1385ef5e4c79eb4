import { mutationOptions } from '@tanstack/react-query'
import { requestReset, resetPassword, sendSecondFactor, signIn } from '../../api/auth'

export const signInMutation = mutationOptions({
  mutationKey: ['auth', 'sign-in'],
  mutationFn: (values: { email: string; password: string }) => signIn(values.email.trim(), values.password),
})

export const secondFactorMutation = mutationOptions({
  mutationKey: ['auth', 'second-factor'],
  mutationFn: (values: { code: string }) => sendSecondFactor(values.code.replace(/\s/g, '')),
})

export const requestResetMutation = mutationOptions({
  mutationKey: ['auth', 'request-reset'],
  mutationFn: (values: { email: string }) => requestReset(values.email.trim()),
})

export const resetMutation = mutationOptions({
  mutationKey: ['auth', 'reset'],
  mutationFn: (values: { key: string; password: string }) => resetPassword(values.key, values.password),
})
