import { CheckOutlined } from '@ant-design/icons'
import type { ReactNode } from 'react'

interface Props {
  number: number
  title: string
  state: 'done' | 'now' | 'later'
  extra?: ReactNode
  children: ReactNode
}

/** One of the numbered parts of a page that is filled in from top to bottom. */
export function Step({ number, title, state, extra, children }: Props) {
  return (
    <li className={`step ${state}`} aria-current={state === 'now' ? 'step' : undefined}>
      <i aria-hidden="true">{state === 'done' ? <CheckOutlined /> : number}</i>
      <div>
        <div className="step-head">
          <h2>{title}</h2>
          <span className="grow" />
          {extra}
        </div>
        {children}
      </div>
    </li>
  )
}
