import { Button } from 'antd'
import { useState, type ReactNode } from 'react'
import { Problem } from '../api/problem'
import { CodeBlock } from '../ui/code-block'
import { Card } from '../ui/card'
import { ConflictDialog } from '../ui/conflict-dialog'
import { CopyButton } from '../ui/copy-button'
import { DangerConfirm } from '../ui/danger-confirm'
import { Diff } from '../ui/diff'
import { Empty } from '../ui/empty'
import { KeySheet } from '../ui/key-sheet'
import { Loading } from '../ui/loading'
import { LogoMark, Wordmark } from '../ui/logo'
import { notify } from '../ui/notify'
import { PageHeader } from '../ui/page-header'
import { ProblemView } from '../ui/problem'
import { RowMenu } from '../ui/row-menu'
import { StatusTag } from '../ui/status-tag'
import { TimeText } from '../ui/time-text'
import { TrackDiagram } from '../ui/track-diagram'
import type { Status } from '../ui/tokens'
import { LanguageButton } from './shell/language-button'
import { ThemeButton } from './shell/theme-button'

// The parts of the kit in all their states on one sheet, for looking at while they are made. Only the development
// server has this page, so its words are not translated.
const STATUSES: readonly Status[] = ['ok', 'degraded', 'down', 'off', 'pending', 'cached', 'blocked']
const LONG = 'a-name-that-goes-on-and-on-because-somebody-put-a-sentence-into-it-王芳的客服机器人-<script>'
const SECRET = `sy-test-000000000000-${'0'.repeat(49)}`
const PROBLEM = new Problem({ status: 503, code: 'unavailable', request_id: 'req_01k9f2a47c' })
const none = () => undefined

type Open = 'sheet' | 'confirm' | 'conflict' | null

export function StatesPage() {
  const [open, setOpen] = useState<Open>(null)
  const close = () => setOpen(null)
  const cards: [string, ReactNode][] = [
    ['Mark', [16, 24, 40].map((size) => <LogoMark key={size} size={size} />)],
    ['Wordmark', <Wordmark key="mark" size={32} />],
    [
      'Status',
      STATUSES.map((status) => (
        <StatusTag key={status} status={status}>
          {status}
        </StatusTag>
      )),
    ],
    ['Loading', <Loading key="loading" rows={4} />],
    [
      'Empty',
      <Empty
        key="empty"
        title="No rules yet"
        text={LONG}
        action={<Button type="primary">{'Create'}</Button>}
      />,
    ],
    ['Error', <ProblemView key="error" error={PROBLEM} title="The keys could not be read." onRetry={none} />],
    ['Code', <CodeBlock key="code" code={`curl https://localhost/v1 \\\n  -H "${LONG}"`} label="cURL" />],
    [
      'Difference',
      <Diff key="diff" before={{ name: 'old', tags: [] }} after={{ name: LONG, tags: ['a', 'b'] }} />,
    ],
    [
      'Times',
      [new Date().toISOString(), '2025-01-02T03:04:05Z', null].map((at) => <TimeText key={at} at={at} />),
    ],
    ['Tracks', <TrackDiagram key="tracks" />],
  ]
  return (
    <div className="public-page">
      <main className="content">
        <PageHeader
          title="States"
          summary="The kit, in every state."
          actions={
            <>
              <LanguageButton />
              <ThemeButton />
            </>
          }
        />
        <div className="states-grid">
          {cards.map(([title, content]) => (
            <Card key={title} title={title}>
              {content}
            </Card>
          ))}
          <Card title="Actions">
            <div className="card-actions">
              <Button onClick={() => setOpen('sheet')}>{'Key sheet'}</Button>
              <Button onClick={() => setOpen('confirm')}>{'Danger'}</Button>
              <Button onClick={() => setOpen('conflict')}>{'Conflict'}</Button>
              <Button onClick={() => notify.done(LONG)}>{'Notice'}</Button>
              <Button onClick={() => notify.failed(LONG)}>{'Failure'}</Button>
              <CopyButton text={LONG} label="Copy" />
              <RowMenu label="Actions" actions={[{ key: 'a', label: LONG, run: none }]} />
            </div>
          </Card>
        </div>
      </main>
      {open === 'sheet' && (
        <KeySheet name={LONG} secret={SECRET} facts={[LONG]} env="" snippets={[]} onDone={close} />
      )}
      <DangerConfirm
        open={open === 'confirm'}
        title={`Revoke ${LONG}?`}
        effects={<p>{LONG}</p>}
        action="Revoke"
        keep="Keep"
        name="x"
        isBusy={false}
        error={PROBLEM}
        onConfirm={close}
        onCancel={close}
      />
      {open === 'conflict' && (
        <ConflictDialog
          problem={PROBLEM}
          theirs={{ name: 'theirs' }}
          mine={{ name: LONG }}
          isBusy={false}
          onReload={close}
          onReapply={close}
        />
      )}
    </div>
  )
}
