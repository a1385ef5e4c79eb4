export const NAMESPACES = [
  'account',
  'audit',
  'auth',
  'common',
  'cost',
  'errors',
  'keys',
  'members',
  'onboarding',
  'providers',
  'settings',
  'shell',
] as const
