import { useQuery } from '@tanstack/react-query'
import { useTranslation } from 'react-i18next'
import { useLocation } from 'react-router'
import { useMe, useTenantSlug } from '../../../api/session'
import { isAllowed, KEYS_ANY, KEYS_OWN } from '../../../app/capabilities'
import { dayAfter, dayText, localDay } from '../../../i18n/zone-day'
import { Empty } from '../../../ui/empty'
import { LinkButton } from '../../../ui/link-button'
import { Loading } from '../../../ui/loading'
import { writeUrlState } from '../../../ui/url-state'
import { useZone } from '../../../ui/use-zone'
import { daysStretch } from '../filters'
import { lastDayQuery, type Whom } from '../queries'

interface Props {
  user: Whom
  tz: string
  /** When there was nothing. */
  at: string
}

/** So far back the last day is looked for. */
const FAR_DAYS = 364
/** It is shown with so many before it. */
const BEFORE_DAYS = 6

/** Nothing yet, or nothing in this range: the one says what comes, the other leads to where something is. */
export function NothingSpent(props: Props) {
  const me = useMe()
  const asked = new URLSearchParams(useLocation().search)
  const hasRange = asked.has('range') || asked.has('from')
  return me.first_request_at === null && !hasRange ? (
    <NeverAny />
  ) : (
    <NotInRange {...props} hasRange={hasRange} />
  )
}

function NeverAny() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const { capabilities } = useMe()
  const keys = `/t/${tenant}${isAllowed(capabilities, KEYS_ANY) ? '' : '/dev'}/keys`
  return (
    <Empty
      title={t('cost:empty.title')}
      text={t('cost:empty.text')}
      action={
        isAllowed(capabilities, KEYS_OWN) ? (
          <LinkButton type="primary" to={keys}>
            {t('cost:empty.keys')}
          </LinkButton>
        ) : undefined
      }
    />
  )
}

function NotInRange({ user, tz, at, hasRange }: Props & { hasRange: boolean }) {
  const { t } = useTranslation()
  const { language } = useZone()
  const { pathname, search } = useLocation()
  const today = localDay(at, tz)
  const far = daysStretch(dayAfter(today, -FAR_DAYS), today, tz)
  const last = useQuery(lastDayQuery(useTenantSlug(), user, far))
  if (last.isPending || last.isPlaceholderData) return <Loading rows={4} />
  const to = (stretch: { from?: string; to?: string }) => {
    const changes = { range: undefined, from: undefined, to: undefined, ...stretch }
    return `${pathname}?${writeUrlState(new URLSearchParams(search), changes)}`
  }
  const usual = hasRange && <LinkButton to={to({})}>{t('cost:nothing.usual')}</LinkButton>
  const day = last.data
  const jump = day && (
    <LinkButton type={usual ? 'link' : 'default'} to={to(daysStretch(dayAfter(day, -BEFORE_DAYS), day, tz))}>
      {t('cost:nothing.jump', { day: dayText(day, language) })}
    </LinkButton>
  )
  return (
    <Empty
      title={t('cost:nothing.title')}
      text={t('cost:nothing.text')}
      action={usual || jump}
      more={usual ? jump : undefined}
    />
  )
}
