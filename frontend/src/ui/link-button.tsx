import { Button, type ButtonProps } from 'antd'
import { useHref, useLinkClickHandler } from 'react-router'

interface Props extends Pick<ButtonProps, 'type' | 'icon' | 'className'> {
  to: string
  children: string
}

/** A link with the looks of a button: goes within the page, and opens elsewhere when asked to. */
export function LinkButton({ to, children, ...looks }: Props) {
  const follow = useLinkClickHandler(to)
  return (
    <Button
      {...looks}
      href={useHref(to)}
      onClick={(event) => follow(event as React.MouseEvent<HTMLAnchorElement>)}
    >
      {children}
    </Button>
  )
}
