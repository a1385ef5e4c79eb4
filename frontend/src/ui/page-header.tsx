import { useEffect, useRef, type ReactNode } from 'react'
import { useLocation } from 'react-router'

interface Props {
  title: string
  summary?: ReactNode
  actions?: ReactNode
}

let lastPath: string | null = null

/** Title, the answer in one sentence, actions. Names the document and takes the focus when the route changes. */
export function PageHeader({ title, summary, actions }: Props) {
  const heading = usePageTitle(title)
  return (
    <div className="page-head">
      <div>
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {summary && <p>{summary}</p>}
      </div>
      {actions && <div className="page-actions">{actions}</div>}
    </div>
  )
}

/** For pages with their own heading: sets the title, returns the reference for the `h1`. */
export function usePageTitle(title: string) {
  const heading = useRef<HTMLHeadingElement>(null)
  const { pathname } = useLocation()
  useEffect(() => {
    document.title = `${title} · Switchyard`
  }, [title])
  useEffect(() => {
    // The first page of a visit keeps the browser's own focus.
    if (lastPath !== null && lastPath !== pathname) heading.current?.focus({ preventScroll: true })
    lastPath = pathname
  }, [pathname])
  return heading
}
