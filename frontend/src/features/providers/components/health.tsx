import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Button, Form, Input, InputNumber, Select, type TableColumnsType } from 'antd'
import { useTranslation } from 'react-i18next'
import { useTenantSlug } from '../../../api/session'
import { wholeNumber } from '../../../i18n/format'
import { Card } from '../../../ui/card'
import { DataTable } from '../../../ui/data-table'
import { Empty } from '../../../ui/empty'
import { showServerErrors } from '../../../ui/form/server-errors'
import { ListBlock } from '../../../ui/list-block'
import { notify } from '../../../ui/notify'
import { problemSentence } from '../../../ui/problem-text'
import { StatusTag } from '../../../ui/status-tag'
import { TimeText } from '../../../ui/time-text'
import { useOnline } from '../../../ui/use-online'
import { useZone } from '../../../ui/use-zone'
import { runCheckMutation, updateProvider } from '../mutations'
import { checksQuery, providerQuery } from '../queries'
import type { Check, Provider } from '../types'
import { UptimeStrip } from './uptime-strip'
import { useVersionedSave } from './use-versioned-save'

const NONE = '—'

/** What the probes found, how often they run, and one more of them now. */
export function Health({ row }: { row: Provider }) {
  const { t } = useTranslation()
  return (
    <div className="stack">
      <Card title={t('providers:health.strip')} hint={t('providers:strip.hint')}>
        <div className="strip-wide">
          <UptimeStrip cells={row.cells} name={row.name} />
        </div>
      </Card>
      <div className={row.editable ? 'health-grid' : ''}>
        <History row={row} />
        {row.editable && <ProbeForm key={row.id} row={row} />}
      </div>
    </div>
  )
}

function History({ row }: { row: Provider }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const client = useQueryClient()
  const { language } = useZone()
  const isOnline = useOnline()
  const query = useQuery(checksQuery(tenant, row.id))
  const run = useMutation({
    ...runCheckMutation,
    onSuccess: () => void client.invalidateQueries({ queryKey: ['providers'] }),
    onError: (error) => notify.failed(problemSentence(error, t)),
  })
  const rows = query.data?.data ?? []
  const ms = (check: Check) =>
    check.latency_ms === null ? NONE : t('providers:ms', { ms: wholeNumber(check.latency_ms, language) })
  const columns: TableColumnsType<Check> = [
    {
      title: t('providers:health.at'),
      key: 'at',
      width: 136,
      render: (_, check) => <TimeText at={check.at} />,
    },
    {
      title: t('providers:column.status'),
      key: 'ok',
      width: 120,
      render: (_, check) => <Outcome ok={check.ok} />,
    },
    {
      title: t('providers:health.mode'),
      key: 'mode',
      width: 160,
      render: (_, check) => t(MODE_TEXTS[check.mode as Mode]),
    },
    {
      title: t('providers:overview.latency'),
      key: 'ms',
      width: 96,
      align: 'right',
      render: (_, check) => ms(check),
    },
    {
      title: t('providers:health.detail'),
      key: 'detail',
      render: (_, check) => <CheckDetail check={check} />,
    },
  ]
  return (
    <Card
      flush
      title={t('providers:health.history')}
      hint={t('providers:health.kept')}
      extra={
        row.editable && (
          <Button loading={run.isPending} disabled={!isOnline} onClick={() => run.mutate({ id: row.id })}>
            {t('providers:health.run')}
          </Button>
        )
      }
    >
      <ListBlock
        query={query}
        problemTitle={t('providers:health.unread')}
        hasData={query.data !== undefined}
        isEmpty={rows.length === 0}
        empty={<Empty title={t('providers:health.empty')} text={t('providers:health.empty_text')} />}
      >
        <DataTable<Check>
          label={t('providers:health.history')}
          rows={rows}
          rowKey={({ id }) => id}
          columns={columns}
          card={(check) => (
            <>
              <div className="row-card-line">
                <Outcome ok={check.ok} />
                <TimeText at={check.at} />
              </div>
              <div className="row-card-line muted small">
                <CheckDetail check={check} />
                <span>{ms(check)}</span>
              </div>
            </>
          )}
        />
      </ListBlock>
    </Card>
  )
}

function Outcome({ ok }: { ok: boolean }) {
  const { t } = useTranslation()
  return (
    <StatusTag plain status={ok ? 'ok' : 'down'}>
      {t(ok ? 'providers:health.passed' : 'providers:health.failed')}
    </StatusTag>
  )
}

function CheckDetail({ check }: { check: Check }) {
  const text = [check.status, check.detail].filter((part) => part !== null && part !== '').join(' · ')
  return (
    <span className="clip cell-wide" title={text}>
      {text || NONE}
    </span>
  )
}

type Mode = Provider['health']['mode']

const MODE_TEXTS: Record<Mode, string> = {
  passive: 'providers:mode.passive',
  models: 'providers:mode.models',
  completion: 'providers:mode.completion',
}

const MODE_HINTS: Record<Mode, string> = {
  passive: 'providers:mode.passive_hint',
  models: 'providers:mode.models_hint',
  completion: 'providers:mode.completion_hint',
}

type Probe = Provider['health']

function ProbeForm({ row }: { row: Provider }) {
  const { t } = useTranslation()
  const tenant = useTenantSlug()
  const client = useQueryClient()
  const isOnline = useOnline()
  const [form] = Form.useForm<Probe>()
  const mode = Form.useWatch<Mode | undefined>('mode', form) ?? row.health.mode
  const saved = useVersionedSave({
    loaded: row,
    save: (base, changes: Record<string, unknown>) =>
      updateProvider({ id: base.id, version: base.version, changes: { health: changes } }),
    reload: () => client.query({ ...providerQuery(tenant, row.id), staleTime: 0 }),
    pick: (current, changes) =>
      Object.fromEntries(Object.keys(changes).map((name) => [name, current.health[name as keyof Probe]])),
    onSaved: (next) => {
      client.setQueryData(providerQuery(tenant, row.id).queryKey, next)
      void client.invalidateQueries({ queryKey: ['providers'] })
      notify.done(t('providers:settings.saved', { name: next.name }))
    },
    onRefused: (error) => void showServerErrors(form, error, t),
    onTheirs: (current) => form.setFieldsValue(current.health),
  })
  const submit = (values: Partial<Probe>) => {
    const before = saved.base.health
    const changes = Object.fromEntries(
      Object.entries(values).filter(([name, value]) => value !== before[name as keyof Probe]),
    )
    if (Object.keys(changes).length > 0) saved.save(changes)
  }
  const modes = (Object.keys(MODE_TEXTS) as Mode[]).map((value) => ({ value, label: t(MODE_TEXTS[value]) }))
  return (
    <Card title={t('providers:health.probes')}>
      <Form<Probe>
        form={form}
        layout="vertical"
        requiredMark={false}
        className="settings-form"
        initialValues={row.health}
        onFinish={submit}
      >
        <Form.Item name="mode" label={t('providers:health.mode')} extra={t(MODE_HINTS[mode])}>
          <Select options={modes} />
        </Form.Item>
        {mode !== 'passive' && (
          <Form.Item
            name="interval_s"
            label={t('providers:health.interval')}
            rules={[{ required: true, message: t('providers:health.interval_required') }]}
          >
            <InputNumber<number> min={10} max={86_400} precision={0} suffix="s" className="full" />
          </Form.Item>
        )}
        {mode === 'completion' && (
          <Form.Item
            name="model"
            label={t('providers:health.model')}
            extra={t('providers:health.model_hint')}
          >
            <Input className="mono-text" autoComplete="off" spellCheck={false} />
          </Form.Item>
        )}
        {saved.error !== null && (
          <p className="form-error" role="alert">
            {problemSentence(saved.error, t)}
          </p>
        )}
        <Button htmlType="submit" loading={saved.isBusy} disabled={!isOnline}>
          {t('common:save')}
        </Button>
      </Form>
      {saved.dialog}
    </Card>
  )
}
