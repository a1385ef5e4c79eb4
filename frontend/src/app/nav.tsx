import type { ReactNode } from 'react'
import type { Me } from '../api/types'
import {
  AUDIT,
  COST,
  COST_OWN,
  isAllowed,
  KEYS_ANY,
  KEYS_OWN,
  MEMBERS,
  PROVIDERS_ANY,
  PROVIDERS_READ,
  REQUESTS,
  SETTINGS,
  type Gate,
} from './capabilities'
import { NavIcon } from './nav-icon'

export type Area = 'console' | 'dev'

interface NavItem {
  /** Below `/t/<tenant>`, or absolute when `isGlobal`. */
  path: string
  text: string
  icon: ReactNode
  gate?: Gate
  isGlobal?: true
  /** Answered by the server itself, not by a page of this console. */
  isDocument?: true
}

interface NavGroup {
  text: string
  items: readonly NavItem[]
}

const NAVIGATION: Record<Area, readonly NavGroup[]> = {
  console: [
    {
      text: 'shell:nav.observe',
      items: [
        { path: '/requests', text: 'shell:nav.requests', icon: <NavIcon name="requests" />, gate: REQUESTS },
      ],
    },
    {
      text: 'shell:nav.route',
      items: [
        {
          path: '/providers',
          text: 'shell:nav.providers',
          icon: <NavIcon name="providers" />,
          gate: PROVIDERS_ANY,
        },
        { path: '/models', text: 'shell:nav.models', icon: <NavIcon name="models" />, gate: PROVIDERS_READ },
      ],
    },
    {
      text: 'shell:nav.spend',
      items: [{ path: '/cost', text: 'shell:nav.cost', icon: <NavIcon name="cost" />, gate: COST }],
    },
    {
      text: 'shell:nav.manage',
      items: [
        { path: '/keys', text: 'shell:nav.keys', icon: <NavIcon name="keys" />, gate: KEYS_ANY },
        { path: '/members', text: 'shell:nav.members', icon: <NavIcon name="members" />, gate: MEMBERS },
        { path: '/audit', text: 'shell:nav.audit', icon: <NavIcon name="audit" />, gate: AUDIT },
        { path: '/settings', text: 'shell:nav.settings', icon: <NavIcon name="settings" />, gate: SETTINGS },
      ],
    },
  ],
  dev: [
    {
      text: 'shell:nav.reference',
      items: [
        {
          path: '/docs',
          text: 'shell:nav.api',
          icon: <NavIcon name="api" />,
          isGlobal: true,
          isDocument: true,
        },
        { path: '/docs/errors', text: 'shell:nav.errors', icon: <NavIcon name="errors" />, isGlobal: true },
      ],
    },
    {
      text: 'shell:nav.mine',
      items: [
        { path: '/dev/keys', text: 'shell:nav.my_keys', icon: <NavIcon name="keys" />, gate: KEYS_OWN },
        { path: '/dev/usage', text: 'shell:nav.my_usage', icon: <NavIcon name="cost" />, gate: COST_OWN },
      ],
    },
  ],
}

export function visibleNav(area: Area, me: Me): NavGroup[] {
  return NAVIGATION[area]
    .map((group) => ({
      ...group,
      items: group.items.filter((item) => !item.gate || isAllowed(me.capabilities, item.gate)),
    }))
    .filter((group) => group.items.length > 0)
}

/** Areas with a page of their own for this person; links that anybody may open do not make an area. */
export function visibleAreas(me: Me): Area[] {
  const areas: Area[] = ['console', 'dev']
  return areas.filter((area) => visibleNav(area, me).some((group) => group.items.some((item) => item.gate)))
}

export function firstPage(area: Area, me: Me): string | null {
  for (const group of visibleNav(area, me)) {
    const item = group.items.find((entry) => entry.gate)
    if (item) return item.path
  }
  return null
}

/** Where somebody lands: the first page they may see. */
export function landing(me: Me): string {
  if (!me.tenant || me.mfa_required) return '/account'
  // Keys come first until the dashboard is there: without one, nothing else on these pages moves.
  const path = isAllowed(me.capabilities, KEYS_ANY) ? '/keys' : firstPage('console', me)
  // A developer's console holds the audit log of their own actions only: their keys come first.
  const isMaker = isAllowed(me.capabilities, KEYS_OWN) && !isAllowed(me.capabilities, KEYS_ANY)
  const best = isMaker ? firstPage('dev', me) : (path ?? firstPage('dev', me))
  return best ? `/t/${me.tenant.slug}${best}` : '/account'
}
