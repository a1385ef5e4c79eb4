import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { useAllowed, useMe, useTenantSlug } from '../../../api/session'
import { KEYS_ANY, PROVIDERS_WRITE } from '../../../app/capabilities'
import { shortTime } from '../../../i18n/format'
import { Empty } from '../../../ui/empty'
import { LinkButton } from '../../../ui/link-button'
import { Loading } from '../../../ui/loading'
import { useZone } from '../../../ui/use-zone'
import { lastRowQuery } from '../queries'
import type { RequestsUrl } from '../use-requests-url'

const AROUND_MS = 30 * 60_000

/** Never a request, none in this range, or none that this filter lets through: each leads on. */
export function NoRequests({ url }: { url: RequestsUrl }) {
  const { t } = useTranslation()
  const me = useMe()
  const tenant = useTenantSlug()
  const zone = useZone()
  const { pairs } = url.filter
  const last = useQuery(lastRowQuery(tenant, pairs))
  if (last.isPending || last.isPlaceholderData) return <Loading rows={4} />
  const at = last.data?.time
  if (!at && pairs.length === 0 && me.first_request_at === null) return <NeverAny />
  const jump = (time: string) => {
    const middle = Date.parse(time)
    const iso = (moment: number) => new Date(moment).toISOString()
    url.setPeriod({ from: iso(middle - AROUND_MS), to: iso(middle + AROUND_MS) })
  }
  const clear = pairs.length > 0 && <Button onClick={url.clear}>{t('common:filter.clear')}</Button>
  const toLast = at && (
    <Button type={clear ? 'link' : 'default'} onClick={() => jump(at)}>
      {t('requests:nothing.jump', { time: shortTime(at, zone, new Date()) })}
    </Button>
  )
  return (
    <Empty
      title={t('requests:nothing.title')}
      text={t(pairs.length > 0 ? 'requests:nothing.text' : 'requests:nothing.text_range')}
      action={clear || toLast}
      more={clear ? toLast : undefined}
    />
  )
}

function NeverAny() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const hasStart = useAllowed(PROVIDERS_WRITE)
  const keys = useAllowed(KEYS_ANY) ? 'keys' : 'dev/keys'
  const create = `/t/${tenant}/${keys}?create=1`
  return (
    <Empty
      title={t('requests:empty.title')}
      text={t('requests:empty.text')}
      action={
        <LinkButton type="primary" to={hasStart ? `/t/${tenant}/welcome` : create}>
          {t(hasStart ? 'requests:empty.start' : 'requests:empty.key')}
        </LinkButton>
      }
    />
  )
}
