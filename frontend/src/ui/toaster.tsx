import { useSyncExternalStore } from 'react'
import { noticeStore } from './notify'
import { StatusIcon } from './status-tag'

/** The live region for notices; always there, so that what appears in it is announced. */
export function Toaster() {
  const notices = useSyncExternalStore(noticeStore.subscribe, noticeStore.read)
  return (
    <div className="toaster" role="status" aria-live="polite">
      {notices.map(({ id, tone, text }) => (
        <div key={id} className="toast">
          <StatusIcon status={tone === 'done' ? 'ok' : 'down'} />
          {text}
        </div>
      ))}
    </div>
  )
}
