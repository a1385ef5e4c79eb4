import { useQuery } from '@tanstack/react-query'
import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { Card } from '../../../ui/card'
import { ProblemView } from '../../../ui/problem'
import { StatusTag } from '../../../ui/status-tag'
import { unpricedQuery } from '../queries'

const NAMED = 3

/** What people call although nobody knows its price: the loudest thing on this page. */
export function UnpricedNote({ show }: { show: (() => void) | null }) {
  const { t } = useTranslation()
  const query = useQuery(unpricedQuery(useTenantSlug()))
  const { data = [] } = query
  if (query.isError && query.data === undefined) {
    return (
      <Card>
        <ProblemView
          error={query.error}
          title={t('models:unpriced.unread')}
          onRetry={() => void query.refetch()}
        />
      </Card>
    )
  }
  const used = data.filter(({ requests_7d: requests }) => requests > 0)
  if (used.length === 0) return null
  const names = used.slice(0, NAMED).map(({ public_name: name, upstream_name: bare }) => name || bare)
  return (
    <div className="note with-action unpriced-note">
      <span className="status-line">
        <StatusTag status="degraded">{t('models:unpriced.note', { count: used.length })}</StatusTag>
        <span>
          {used.length > NAMED
            ? t('models:unpriced.some', { names: names.join(t('common:comma')), count: used.length - NAMED })
            : t('models:unpriced.all', { names: names.join(t('common:comma')) })}
        </span>
      </span>
      {show && <Button onClick={show}>{t('models:unpriced.show')}</Button>}
    </div>
  )
}
