import { lazy, Suspense } from 'react'
import type { NavIconName } from './nav-icons'

const Icons = lazy(() => import('./nav-icons'))

interface Props {
  name: NavIconName
  /** Given by the menu. */
  className?: string
}

/** Words first: the pictures beside them are no part of what the shell waits for. */
export function NavIcon({ name, className = '' }: Props) {
  return (
    <Suspense fallback={<span className={`anticon ${className}`} />}>
      <Icons name={name} className={className} />
    </Suspense>
  )
}
