import { useQuery } from '@tanstack/react-query'
import { Button, Modal } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { ProblemView } from '../../../ui/problem'
import { useOnline } from '../../../ui/use-online'
import { modelsQuery, testRunQuery } from '../queries'
import { TokenModel } from './token-model'
import { TestSteps, TestVerdict, UpstreamAnswer } from './test-report'

interface Props {
  name: string
  provider: string
  credential?: string
  onClose: () => void
}

const WIDTH_PX = 640

/** Tests what is saved; can be repeated as often as somebody wants to. */
export function TestDialog({ name, provider, credential, onClose }: Props) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const isOnline = useOnline()
  const [run, setRun] = useState(() => Date.now())
  const [tokenModel, setTokenModel] = useState<string | undefined>()
  const [asked, setAsked] = useState<string | undefined>()
  const { data: models } = useQuery(modelsQuery(tenant, provider))
  const { data, error, isFetching } = useQuery(
    testRunQuery(tenant, { provider, run, credential, model: asked }),
  )
  return (
    <Modal open width={WIDTH_PX} footer={null} closable={false} className="confirm" onCancel={onClose}>
      <h2 className="dialog-title">{t('providers:test.title', { name })}</h2>
      {error && !isFetching ? (
        <ProblemView error={error} title={t('providers:test.not_done')} />
      ) : (
        <>
          <TestVerdict report={data} isRunning={isFetching} />
          <TestSteps report={data} isRunning={isFetching} />
          {data && !isFetching && <UpstreamAnswer report={data} />}
          <TokenModel
            names={models?.map(({ public_name }) => public_name) ?? []}
            value={tokenModel}
            onChange={setTokenModel}
          />
        </>
      )}
      <div className="dialog-foot">
        <Button
          disabled={isFetching || !isOnline}
          onClick={() => {
            setAsked(tokenModel)
            setRun((before) => before + 1)
          }}
        >
          {t('providers:test.again')}
        </Button>
        <Button type="primary" onClick={onClose}>
          {t('common:done')}
        </Button>
      </div>
    </Modal>
  )
}
