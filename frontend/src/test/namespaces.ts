export const NAMESPACES = [
  'account',
  'audit',
  'auth',
  'common',
  'errors',
  'keys',
  'members',
  'onboarding',
  'providers',
  'settings',
  'shell',
] as const
