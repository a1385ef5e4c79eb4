import { Button, Form } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { isProblem } from '../../../api/problem'
import { useTenantSlug } from '../../../api/session'
import { Card } from '../../../ui/card'
import { DangerConfirm } from '../../../ui/danger-confirm'
import { problemSentence } from '../../../ui/problem-text'
import { useOnline } from '../../../ui/use-online'
import type { ConnectionValues } from '../connection'
import { host, type Choice } from '../../../api/vendors'
import type { Kind } from '../../../api/types'
import { ConnectionFields } from './connection-fields'
import { ModelChoice } from './model-choice'
import { Monogram } from './provider-words'
import { Step } from './step'
import { TestSteps, TestVerdict, UpstreamAnswer } from './test-report'
import { TokenModel } from './token-model'
import { useAddProvider } from './use-add-provider'

interface Props {
  choice: Choice
  kind: Kind
  all: Choice[]
  /** A key typed before the vendor was known. */
  pasted: string
  onChoose: (choice: Choice | undefined, secret?: string) => void
}

function sentence(error: unknown, t: ReturnType<typeof useTranslation>['t']): string | null {
  if (error === null || (isProblem(error) && error.fields.length > 0)) return null
  return problemSentence(error, t)
}

/** Steps 2 to 4: connect, prove, choose models. Saving without the proof is allowed, and said so. */
export function AddProvider({ choice, kind, all, pasted, onChoose }: Props) {
  const { t } = useTranslation()
  const go = useNavigate()
  const tenant = useTenantSlug()
  const isOnline = useOnline()
  const [isLeaving, setLeaving] = useState(false)
  const add = useAddProvider({ choice, kind, pasted })
  const { form, test, create, isProved } = add
  const report = test.data
  const isRunning = test.isPending
  const leave = () => {
    add.drop()
    void go(`/t/${tenant}/providers`)
  }
  const testError = sentence(test.error, t)
  const saveError = sentence(create.error, t)
  return (
    <Form<ConnectionValues>
      form={form}
      layout="vertical"
      requiredMark={false}
      className="add-form"
      initialValues={add.initial}
      scrollToFirstError={{ focus: true }}
      validateTrigger="onBlur"
      onValuesChange={add.keep}
      onFinish={add.save}
    >
      <ol className="steps">
        <Step number={1} title={t('providers:step.kind')} state="done">
          <div className="key-line">
            <Monogram name={choice.label} />
            <b>{choice.label}</b>
            <span className="muted clip">{host(choice.base_url)}</span>
            <span className="grow" />
            <Button onClick={() => onChoose(undefined)}>{t('providers:add_page.change')}</Button>
          </div>
          <Claim choice={choice} />
        </Step>
        <Step number={2} title={t('providers:step.connection')} state={isProved ? 'done' : 'now'}>
          <Card>
            <ConnectionFields
              choice={choice}
              kind={kind}
              all={all}
              onSwitch={(other) => onChoose(other, String(form.getFieldValue('secret') ?? ''))}
            />
          </Card>
        </Step>
        <Step
          number={3}
          title={t('providers:step.test')}
          state={isProved ? 'done' : report ? 'now' : 'later'}
          extra={
            <Button
              type={isProved ? 'default' : 'primary'}
              loading={isRunning}
              disabled={!isOnline}
              onClick={() => void add.runTest()}
            >
              {t(report ? 'providers:test.again' : 'providers:test.go')}
            </Button>
          }
        >
          {(report ?? isRunning) ? (
            <Card>
              <TestVerdict report={report} isRunning={isRunning} isFollowed />
              <TestSteps report={report} isRunning={isRunning} />
              {report && !isRunning && <UpstreamAnswer report={report} />}
              {report?.ok && !isRunning && (
                <TokenModel
                  names={report.models.map(({ name }) => name)}
                  value={add.tokenModel}
                  onChange={add.setTokenModel}
                />
              )}
              {add.isStale && !isRunning && <p className="muted">{t('providers:test.stale')}</p>}
            </Card>
          ) : (
            <p>{t('providers:test.what')}</p>
          )}
          {testError !== null && (
            <p className="form-error" role="alert">
              {testError}
            </p>
          )}
        </Step>
        <Step number={4} title={t('providers:step.models')} state={add.models.length > 0 ? 'done' : 'later'}>
          <p>{t(report?.ok ? 'providers:models.choose' : 'providers:models.after_test')}</p>
          <Card>
            <ModelChoice
              offered={report?.ok ? report.models.map(({ name }) => name) : []}
              chosen={add.models}
              onChange={add.setModels}
            />
          </Card>
        </Step>
      </ol>
      {saveError !== null && (
        <p className="form-error" role="alert">
          {saveError}
        </p>
      )}
      <div className="save-bar">
        <span className="muted">
          {t(isProved ? 'providers:add_page.proved' : 'providers:add_page.unproved')}
        </span>
        <span className="grow" />
        <Button onClick={() => (form.isFieldsTouched() ? setLeaving(true) : leave())}>
          {t('common:cancel')}
        </Button>
        <Button
          type={isProved ? 'primary' : 'default'}
          htmlType="submit"
          loading={create.isPending}
          disabled={!isOnline}
        >
          {t(isProved ? 'providers:add_page.save' : 'providers:add_page.save_untested')}
        </Button>
      </div>
      <DangerConfirm
        open={isLeaving}
        title={t('common:unsaved.title')}
        effects={<p className="muted">{t('common:unsaved.text')}</p>}
        action={t('common:unsaved.discard')}
        keep={t('common:unsaved.keep')}
        isBusy={false}
        onConfirm={leave}
        onCancel={() => setLeaving(false)}
      />
    </Form>
  )
}

/** What is known of a vendor, and how: nothing here was called by us. */
function Claim({ choice }: { choice: Choice }) {
  const { t } = useTranslation()
  if (choice.source === undefined) return null
  return (
    <p className="claim muted small">
      {t(choice.source === 'documented' ? 'providers:preset.documented' : 'providers:preset.reported')}{' '}
      {choice.docs_url !== '' && (
        <a href={choice.docs_url} target="_blank" rel="noreferrer">
          {t('providers:preset.docs')}
        </a>
      )}
    </p>
  )
}
