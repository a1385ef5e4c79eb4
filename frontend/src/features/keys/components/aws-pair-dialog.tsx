import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../../api/session'
import type { ApiKey, AwsPair } from '../../../api/types'
import { KeySheet } from '../../../ui/key-sheet'
import { awsEnvironment, awsSnippets } from '../../../ui/key-snippets'
import { callable } from '../key-state'
import { awsPairMutation } from '../queries'
import { modelsText } from './key-columns'
import { OverlapDialog } from './overlap-dialog'

interface Props {
  row: ApiKey
  onClose: () => void
}

/** For clients that sign: first what it is and what becomes of the pair before, then the pair, once. */
export function AwsPairDialog({ row, onClose }: Props) {
  const { t } = useTranslation()
  const client = useQueryClient()
  const [pair, setPair] = useState<AwsPair | null>(null)
  const issue = useMutation({
    ...awsPairMutation,
    onSuccess: (answer) => {
      setPair(answer)
      void client.invalidateQueries({ queryKey: ['keys'] })
    },
  })
  if (pair?.secret_access_key) {
    return <PairSheet row={row} id={pair.access_key_id} secret={pair.secret_access_key} onDone={onClose} />
  }
  return (
    <OverlapDialog
      title={t('keys:aws.title', { name: row.name })}
      overlapLabel={t('keys:aws.overlap')}
      goText={t('keys:aws.go')}
      making={issue}
      onGo={(overlap_s) => issue.mutate({ id: row.id, overlap_s })}
      onClose={onClose}
    >
      <p className="muted">{t('keys:aws.text')}</p>
      <p className="muted">{t('keys:aws.before')}</p>
    </OverlapDialog>
  )
}

interface SheetProps {
  row: ApiKey
  id: string
  secret: string
  onDone: () => void
}

function PairSheet({ row, id, secret, onDone }: SheetProps) {
  const { t } = useTranslation()
  const { api_base } = useMe().server
  const signing = { id, secret, endpoint: api_base.replace(/\/v1\/?$/, '') }
  return (
    <KeySheet
      name={row.name}
      secret={secret}
      pair={{
        title: t('keys:aws.ready', { name: row.name }),
        once: t('keys:aws.once'),
        copy: t('keys:aws.copy'),
        id: { label: t('keys:aws.id'), text: id },
        secretLabel: t('keys:aws.secret'),
      }}
      facts={[t('keys:sheet.models', { models: modelsText(row, t) }), t('keys:aws.region')]}
      env={awsEnvironment(signing)}
      snippets={awsSnippets({ ...signing, model: callable(row.allowed_models) })}
      onDone={onDone}
    />
  )
}
