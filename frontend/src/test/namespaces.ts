export const NAMESPACES = [
  'account',
  'audit',
  'auth',
  'common',
  'errors',
  'keys',
  'members',
  'onboarding',
  'settings',
  'shell',
] as const
