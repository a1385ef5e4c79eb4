import { useTranslation } from 'react-i18next'
import { Empty } from '../../../ui/empty'
import { Loading } from '../../../ui/loading'
import { ProblemView } from '../../../ui/problem'
import { RequestDetailView } from './request-detail'
import type { useRequest } from './use-request'

export function RequestBody({ request }: { request: ReturnType<typeof useRequest> }) {
  const { t } = useTranslation()
  const { data, error, isPending, isGone, isRunning, retry } = request
  if (data) return <RequestDetailView detail={data} />
  if (isRunning && (isPending || isGone))
    return <Empty title={t('requests:running.title')} text={t('requests:running.text')} />
  if (isPending) return <Loading rows={10} />
  if (isGone) return <Empty title={t('requests:gone.title')} text={t('requests:gone.text')} />
  return <ProblemView error={error} title={t('requests:detail_unread')} onRetry={retry} />
}
