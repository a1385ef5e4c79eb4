import { useTranslation } from 'react-i18next'
import { Link } from 'react-router'
import { useTenantSlug } from '../../../api/session'
import { spanText } from '../../../i18n/spans'
import { Money } from '../../../ui/money'
import { TimeText } from '../../../ui/time-text'
import type { RequestRow } from '../types'
import { KeyCell, Missing, ModelCell, StatusCell } from './cells'

/** The rows of a phone: each leads to its page. */
export function RequestCards({ rows }: { rows: readonly RequestRow[] }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  return (
    <ul className="req-list" aria-label={t('requests:title')}>
      {rows.map((row) => (
        <li key={row.id}>
          <Link className="card req-item" to={`/t/${tenant}/requests/${row.id}`}>
            <StatusCell row={row} />
            <span className="num">
              {row.status === 'running' ? <Missing /> : <Money amount={row.cost} />}
            </span>
            <span className="clip">
              <ModelCell row={row} />
            </span>
            <span className="num muted">{row.latency_ms === null ? '—' : spanText(row.latency_ms)}</span>
            <span className="muted small clip">
              <KeyCell row={row} />
            </span>
            <span className="muted small num">
              <TimeText at={row.time} />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
