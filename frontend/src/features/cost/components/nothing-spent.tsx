import { useTranslation } from 'react-i18next'
import { useLocation } from 'react-router'
import { useMe, useTenantSlug } from '../../../api/session'
import { isAllowed, KEYS_ANY, KEYS_OWN } from '../../../app/capabilities'
import { Empty } from '../../../ui/empty'
import { LinkButton } from '../../../ui/link-button'

/** Nothing yet, or nothing in this range: the one says what comes, the other leads to where something is. */
export function NothingSpent() {
  const { t } = useTranslation()
  const me = useMe()
  const tenant = useTenantSlug()
  const { pathname, search } = useLocation()
  const asked = new URLSearchParams(search)
  const hasRange = asked.has('range') || asked.has('from')
  if (me.first_request_at === null && !hasRange) {
    return (
      <Empty
        title={t('cost:empty.title')}
        text={t('cost:empty.text')}
        action={
          isAllowed(me.capabilities, KEYS_OWN) ? (
            <LinkButton
              type="primary"
              to={`/t/${tenant}${isAllowed(me.capabilities, KEYS_ANY) ? '' : '/dev'}/keys`}
            >
              {t('cost:empty.keys')}
            </LinkButton>
          ) : undefined
        }
      />
    )
  }
  for (const name of ['range', 'from', 'to']) asked.delete(name)
  return (
    <Empty
      title={t('cost:nothing.title')}
      text={t('cost:nothing.text')}
      action={
        hasRange ? <LinkButton to={`${pathname}?${asked}`}>{t('cost:nothing.usual')}</LinkButton> : undefined
      }
    />
  )
}
