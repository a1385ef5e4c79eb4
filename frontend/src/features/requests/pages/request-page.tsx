import { useTranslation } from 'react-i18next'
import { Link, useParams } from 'react-router'
import { useTenantSlug } from '../../../api/session'
import { Card } from '../../../ui/card'
import { CopyButton } from '../../../ui/copy-button'
import { usePageTitle } from '../../../ui/page-header'
import { StatusCell } from '../components/cells'
import { RequestBody } from '../components/request-body'
import { useRequest } from '../components/use-request'

/** One request at an address of its own, to be sent to somebody. */
export function RequestPage() {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const id = useParams()['id'] ?? ''
  const request = useRequest(id)
  const heading = usePageTitle(t('requests:one', { id }))
  return (
    <div className="req-page">
      <p className="crumb">
        <Link to={`/t/${tenant}/requests`}>{t('requests:title')}</Link>
      </p>
      <div className="page-head">
        <div className="drawer-title">
          {request.data && <StatusCell isTag row={request.data} />}
          <h1 ref={heading} tabIndex={-1} className="mono clip">
            {id}
          </h1>
          <CopyButton iconOnly text={id} label={t('requests:copy_id')} />
        </div>
      </div>
      <Card>
        <RequestBody request={request} />
      </Card>
    </div>
  )
}
