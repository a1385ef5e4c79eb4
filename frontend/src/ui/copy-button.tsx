import { CheckOutlined, CopyOutlined } from '@ant-design/icons'
import { Button, type ButtonProps } from 'antd'
import { useEffect, useState } from 'react'
import { useTranslation } from 'react-i18next'
import { copyText } from './clipboard'

const SHOWN_MS = 2000

interface Props {
  text: string
  /** What is copied, for people who do not see what stands beside the button. */
  label: string
  size?: ButtonProps['size']
  iconOnly?: boolean
}

export function CopyButton({ text, label, size = 'small', iconOnly }: Props) {
  const { t } = useTranslation()
  const [isCopied, setCopied] = useState(false)
  useEffect(() => {
    if (!isCopied) return
    const timer = window.setTimeout(() => setCopied(false), SHOWN_MS)
    return () => window.clearTimeout(timer)
  }, [isCopied])
  const copy = async () => setCopied(await copyText(text))
  return (
    <Button
      size={size}
      type={iconOnly ? 'text' : 'default'}
      className={iconOnly ? 'quiet-icon' : ''}
      icon={isCopied ? <CheckOutlined /> : <CopyOutlined />}
      aria-label={iconOnly ? `${t('common:copy')}: ${label}` : undefined}
      title={label}
      onClick={() => void copy()}
    >
      {iconOnly ? null : t(isCopied ? 'common:copied' : 'common:copy')}
    </Button>
  )
}
