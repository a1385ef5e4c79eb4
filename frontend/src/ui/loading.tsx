import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'

const DELAY_MS = 150

interface Props {
  rows?: number
}

/** Nothing for 150 ms, then bars with the final geometry. */
export function Loading({ rows = 6 }: Props) {
  const { t } = useTranslation()
  const [isShown, setShown] = useState(false)
  useEffect(() => {
    const timer = window.setTimeout(() => setShown(true), DELAY_MS)
    return () => window.clearTimeout(timer)
  }, [])
  return (
    <div className="loading" role="status" aria-label={t('common:loading')}>
      {isShown && Array.from({ length: rows }, (_, row) => <span key={row} className="bar" />)}
    </div>
  )
}

/** A whole page before its code and data are there: heading, then the card. */
export function PageLoading() {
  return (
    <div className="page-loading">
      <Loading rows={8} />
    </div>
  )
}
