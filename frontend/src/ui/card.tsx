import type { ReactNode } from 'react'

interface CardProps {
  title?: ReactNode
  hint?: ReactNode
  extra?: ReactNode
  footer?: ReactNode
  flush?: boolean
  className?: string
  children: ReactNode
}

/** Hairline card: title left, at most one quiet action right. `flush` for tables. */
export function Card({ title, hint, extra, footer, flush, className = '', children }: CardProps) {
  return (
    <section className={`card ${className}`}>
      {title !== undefined && (
        <header className="card-head">
          <h2>{title}</h2>
          {hint !== undefined && <span className="muted card-hint">{hint}</span>}
          <span className="grow" />
          {extra}
        </header>
      )}
      <div className={flush ? 'card-body flush' : 'card-body'}>{children}</div>
      {footer !== undefined && <footer className="card-foot">{footer}</footer>}
    </section>
  )
}
