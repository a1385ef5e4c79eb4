import type { ReactNode } from 'react'
import { Tracks } from './tracks'

interface Props {
  title: string
  text: string
  action?: ReactNode
  more?: ReactNode
}

/** An invitation: the tracks, one sentence why, one action, at most one quiet link. */
export function Empty({ title, text, action, more }: Props) {
  return (
    <div className="empty">
      <Tracks />
      <h3>{title}</h3>
      <p>{text}</p>
      {action}
      {more !== undefined && <div className="empty-more">{more}</div>}
    </div>
  )
}
