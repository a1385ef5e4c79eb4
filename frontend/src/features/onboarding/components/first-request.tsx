import { SendOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { isProblem } from '../../../api/problem'
import { FIRST_PROMPT } from '../../../ui/key-snippets'
import { problemSentence } from '../../../ui/problem-text'
import { StatusIcon } from '../../../ui/status-tag'
import { firstRequestMutation } from '../queries'

/** Sends the first request for somebody, and shows its answer while it arrives. */
export function FirstRequest({ model }: { model: string }) {
  const { t } = useTranslation()
  const [text, setText] = useState('')
  const call = useMutation(firstRequestMutation)
  const answer = call.data
  return (
    <div className="waiting">
      {answer ? (
        <StatusIcon status="ok" />
      ) : call.isError ? (
        <StatusIcon status="down" />
      ) : (
        <span className={call.isPending ? 'pulse' : 'pulse still'} />
      )}
      <div className="waiting-words" role="status">
        <b>{t(title(call))}</b>
        {text !== '' && <p className="first-answer mono">{text}</p>}
        <div className="muted small">
          {answer
            ? t('onboarding:first.times', { model, first: answer.first_ms, total: answer.total_ms })
            : call.isError
              ? `${problemSentence(call.error, t)} ${isProblem(call.error) ? call.error.code : ''}`
              : t('onboarding:first.what', { prompt: FIRST_PROMPT, model })}
        </div>
      </div>
      <span className="grow" />
      <Button
        icon={<SendOutlined />}
        loading={call.isPending}
        onClick={() => {
          setText('')
          call.mutate({ model, onText: setText })
        }}
      >
        {t(answer || call.isError ? 'onboarding:first.again' : 'onboarding:first.send')}
      </Button>
    </div>
  )
}

interface Call {
  isPending: boolean
  isSuccess: boolean
  isError: boolean
}

function title({ isPending, isSuccess, isError }: Call): string {
  if (isPending) return 'onboarding:first.running'
  if (isSuccess) return 'onboarding:first.worked'
  return isError ? 'onboarding:first.failed' : 'onboarding:first.title'
}
