import type { ReactNode } from 'react'
import type { Status } from './tokens'

const RING = <circle cx="6" cy="6" r="4.25" fill="none" stroke="currentColor" strokeWidth="1.5" />
const SHAPES: Record<Status, ReactNode> = {
  ok: <circle cx="6" cy="6" r="4" fill="currentColor" />,
  degraded: (
    <>
      {RING}
      <path d="M6 1.75a4.25 4.25 0 0 0 0 8.5z" fill="currentColor" />
    </>
  ),
  down: <path d="M6 1.4 11 10.4H1z" fill="currentColor" />,
  off: <circle cx="6" cy="6" r="4" fill="none" stroke="currentColor" strokeWidth="1.5" />,
  pending: (
    <>
      {RING}
      <path d="M6 6V1.75A4.25 4.25 0 0 1 10.25 6z" fill="currentColor" />
    </>
  ),
  cached: <path d="M7 .8 2.2 7H5.4L5 11.2 9.8 5H6.6z" fill="currentColor" />,
  blocked: (
    <>
      {RING}
      <path d="M3.2 6h5.6" stroke="currentColor" strokeWidth="1.5" />
    </>
  ),
}

interface Props {
  status: Status
  children: ReactNode
  plain?: boolean
}

/** Icon and word; colour is never the only carrier of meaning. `plain` drops the outline (tables). */
export function StatusTag({ status, children, plain }: Props) {
  return (
    <span className={plain ? 'status' : 'status status-tag'}>
      <StatusIcon status={status} />
      {children}
    </span>
  )
}

export function StatusIcon({ status }: { status: Status }) {
  return (
    <svg
      className="status-icon"
      width="12"
      height="12"
      viewBox="0 0 12 12"
      style={{ color: `var(--st-${status})` }}
      aria-hidden="true"
    >
      {SHAPES[status]}
    </svg>
  )
}
