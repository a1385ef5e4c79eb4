import { useTranslation } from 'react-i18next'
import { isProblem } from '../../../api/problem'
import { countdown } from '../../../i18n/format'
import { problemSentence } from '../../../ui/problem-text'
import { useCountdown } from '../../../ui/use-countdown'

/** Seconds a locked sign-in still has to wait. */
export function useWait(error: unknown, failedAt: number): number {
  const seconds = isProblem(error) && error.status === 429 ? error.body.retry_after : undefined
  return useCountdown(seconds === undefined ? null : failedAt + seconds * 1000)
}

export function Refusal({ error, wait }: { error: unknown; wait: number }) {
  const { t } = useTranslation()
  if (error === null || error === undefined) return null
  const text = wait > 0 ? t('auth:locked', { wait: countdown(wait) }) : problemSentence(error, t)
  return (
    <p className="form-error" role="alert">
      {text}
    </p>
  )
}
