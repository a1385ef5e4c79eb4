import { Button } from 'antd'
import { useTranslation } from 'react-i18next'
import { isProblem } from '../api/problem'
import { CopyButton } from './copy-button'
import { problemSentence } from './problem-text'

interface Props {
  error: unknown
  /** What failed, as a sentence: "The keys could not be read." */
  title: string
  onRetry?: () => void
}

/** Inside the block that failed: sentence, code and request id to quote, Retry. Its neighbours stay. */
export function ProblemView({ error, title, onRetry }: Props) {
  const { t } = useTranslation()
  const code = isProblem(error) ? error.code : 'client_error'
  const requestId = isProblem(error) ? error.body.request_id : undefined
  const reference = requestId ? `${code} · ${requestId}` : code
  return (
    <div className="problem" role="alert">
      <p>
        <b>{title}</b>
      </p>
      <p className="muted">{problemSentence(error, t)}</p>
      <p className="muted mono ref">
        {reference}
        <CopyButton iconOnly text={reference} label={t('common:problem.reference')} />
      </p>
      {onRetry && <Button onClick={onRetry}>{t('common:retry')}</Button>}
    </div>
  )
}
