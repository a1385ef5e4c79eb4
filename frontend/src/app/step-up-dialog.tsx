import { lazy, Suspense, useSyncExternalStore } from 'react'
import { stepUp } from '../api/step-up'
import { withTexts } from '../i18n/texts'

const ProofDialog = lazy(() => withTexts('dialogs', import('./proof-dialog')))

/** Asks once more who is there; the action that was refused then runs by itself (CO-19). */
export function StepUpDialog() {
  const isWaiting = useSyncExternalStore(stepUp.subscribe, stepUp.isWaiting)
  return <Suspense fallback={null}>{isWaiting && <ProofDialog />}</Suspense>
}
