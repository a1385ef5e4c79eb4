// A refused write with `step_up_required` waits here until its person proved who they are, then runs again.
type Settle = (proved: boolean) => void

let waiting: Settle[] = []
const listeners = new Set<() => void>()

function announce(): void {
  for (const listener of listeners) listener()
}

/** True once the person proved themselves, false when they gave up. */
export function askForProof(): Promise<boolean> {
  return new Promise((resolve) => {
    waiting.push(resolve)
    announce()
  })
}

export function settleProof(result: { proved: boolean }): void {
  const settled = waiting
  waiting = []
  for (const settle of settled) settle(result.proved)
  announce()
}

export const stepUp = {
  subscribe: (listener: () => void): (() => void) => {
    listeners.add(listener)
    return () => listeners.delete(listener)
  },
  isWaiting: (): boolean => waiting.length > 0,
}
