import { CopyOutlined, DownloadOutlined } from '@ant-design/icons'
import { Button, Modal, Tabs } from 'antd'
import { useRef, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { copyText, selectText } from './clipboard'
import { useFocus } from './use-focus'
import { CodeBlock } from './code-block'
import { CopyButton } from './copy-button'
import { StatusTag } from './status-tag'

export interface KeySheetSnippet {
  key: string
  label: string
  code: string
}

/** A secret that goes with an id, which is none. */
interface Pair {
  title: string
  once: string
  copy: string
  id: { label: string; text: string }
  secretLabel: string
}

interface Props {
  name: string
  secret: string
  pair?: Pair
  facts: string[]
  env: string
  snippets: KeySheetSnippet[]
  onDone: () => void
  /** What can be done with the key at once. */
  children?: ReactNode
}

type Saved = 'no' | 'copied' | 'confirmed' | 'selected'

function download(text: string): void {
  const link = document.createElement('a')
  link.href = `data:text/plain;charset=utf-8,${encodeURIComponent(text)}`
  link.download = '.env'
  link.click()
}

/**
 * The only place that shows a whole secret. Closes by its button only, after Copy or "I saved it"; the secret lives in
 * the state of whoever opened the sheet and is gone with it.
 */
export function KeySheet({ name, secret, pair, facts, env, snippets, onDone, children }: Props) {
  const { t } = useTranslation()
  const code = useRef<HTMLElement>(null)
  const copyButton = useFocus<HTMLButtonElement>()
  const [saved, setSaved] = useState<Saved>('no')
  const isSaved = saved === 'copied' || saved === 'confirmed'
  const copy = async () => {
    const copied = await copyText(secret)
    if (!copied && code.current) selectText(code.current)
    setSaved(copied ? 'copied' : 'selected')
  }
  return (
    <Modal
      open
      width={816}
      closable={false}
      keyboard={false}
      mask={{ closable: false }}
      footer={null}
      className="key-sheet"
    >
      <h1>{pair?.title ?? t('common:key_sheet.title', { name })}</h1>
      <p className="muted">{pair?.once ?? t('common:key_sheet.once')}</p>
      {pair && (
        <>
          <p className="secret-label">{pair.id.label}</p>
          <div className="secret">
            <code>{pair.id.text}</code>
            <CopyButton size="middle" text={pair.id.text} label={pair.id.label} />
          </div>
          <p className="secret-label">{pair.secretLabel}</p>
        </>
      )}
      <div className="secret">
        <code ref={code}>{secret}</code>
        <Button ref={copyButton} type="primary" icon={<CopyOutlined />} onClick={() => void copy()}>
          {pair?.copy ?? t('common:key_sheet.copy')}
        </Button>
      </div>
      <div className="secret-meta">
        {facts.map((fact) => (
          <span key={fact}>{fact}</span>
        ))}
        <span className="grow" />
        <Button type="link" size="small" icon={<DownloadOutlined />} onClick={() => download(env)}>
          {t('common:key_sheet.download')}
        </Button>
      </div>
      <Tabs
        className="sheet-tabs"
        items={snippets.map((snippet) => ({
          key: snippet.key,
          label: snippet.label,
          children: <CodeBlock code={snippet.code} label={snippet.label} />,
        }))}
      />
      {children}
      <div className="sheet-foot" aria-live="polite">
        <SavedNote saved={saved} />
        <span className="grow" />
        <Button onClick={() => setSaved('confirmed')}>{t('common:key_sheet.i_saved_it')}</Button>
        <Button type="primary" disabled={!isSaved} onClick={onDone}>
          {t('common:done')}
        </Button>
      </div>
    </Modal>
  )
}

function SavedNote({ saved }: { saved: Saved }) {
  const { t } = useTranslation()
  if (saved === 'copied') {
    return (
      <StatusTag plain status="ok">
        {t('common:copied')}
      </StatusTag>
    )
  }
  if (saved === 'confirmed') {
    return (
      <StatusTag plain status="ok">
        {t('common:key_sheet.saved')}
      </StatusTag>
    )
  }
  return (
    <span className="muted">
      {t(saved === 'selected' ? 'common:key_sheet.selected' : 'common:key_sheet.why_open')}
    </span>
  )
}
