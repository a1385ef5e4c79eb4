import { useTranslation } from 'react-i18next'

const STEPS = [1, 2, 3]

/** How far the way is: bars, and the same as words for who does not see them. */
export function Stepper({ now }: { now: number }) {
  const { t } = useTranslation()
  return (
    <div className="stepper" role="img" aria-label={t('onboarding:step', { now, all: STEPS.length })}>
      {STEPS.map((step) => (
        <i key={step} className={step <= now ? 'on' : ''} />
      ))}
    </div>
  )
}
