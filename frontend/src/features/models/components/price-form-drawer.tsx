import { MinusCircleOutlined, PlusOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button, Collapse, Form, Input, Select, Switch } from 'antd'
import type { TFunction } from 'i18next'
import { useTranslation } from 'react-i18next'
import { isProblem } from '../../../api/problem'
import { dropDraft } from '../../../ui/form/drafts'
import { FormDrawer } from '../../../ui/form/form-drawer'
import { showServerErrors } from '../../../ui/form/server-errors'
import { notify } from '../../../ui/notify'
import {
  isAmount,
  MAIN_CLASSES,
  NO_PRICE,
  OTHER_CLASSES,
  parsed,
  priceTerms,
  priceValues,
  type PriceValues,
} from '../price-form'
import { createPriceMutation, replacePriceMutation } from '../queries'
import type { CatalogModel, Price } from '../types'
import { className } from '../words'

interface Props {
  title: string
  scope: 'operator' | 'tenant'
  /** The model that gets a price of its own… */
  row?: CatalogModel
  /** …or the row that is closed for a new one. */
  replaces?: Price
  /** Whose terms the form starts with. */
  from: Price | null
  onSaved: () => void
  onClose: () => void
}

export function PriceForm({ title, scope, row, replaces, from, onSaved, onClose }: Props) {
  const { t } = useTranslation()
  const [form] = Form.useForm<PriceValues>()
  const draft = `models.price.${replaces?.id ?? row?.id ?? ''}`
  const onSuccess = ({ model }: Price) => {
    dropDraft(draft)
    onSaved()
    notify.done(t('models:form.saved', { name: model }))
    onClose()
  }
  const onError = (error: unknown) => void showServerErrors(form, error, t)
  const create = useMutation({ ...createPriceMutation, onSuccess, onError })
  const replace = useMutation({ ...replacePriceMutation, onSuccess, onError })
  const submit = (values: PriceValues) => {
    const terms = priceTerms({ ...NO_PRICE, ...values })
    if (replaces) replace.mutate({ id: replaces.id, terms })
    else if (row) {
      const provider = values.for_all ? '' : row.provider.slug
      create.mutate({ ...terms, scope, provider, model: row.upstream_name })
    }
  }
  const { error, isPending } = replaces ? replace : create
  const known = isProblem(error) && error.fields.some(({ field }) => FIELDS.includes(field))
  return (
    <FormDrawer<PriceValues>
      open
      draft={draft}
      title={title}
      form={form}
      initialValues={from ? priceValues(from) : NO_PRICE}
      submit={t(replaces ? 'models:form.replace' : 'models:form.save')}
      isBusy={isPending}
      error={known ? null : error}
      onSubmit={submit}
      onClose={onClose}
    >
      <p className="note">{t(replaces ? 'models:form.replace_note' : NOTES[scope])}</p>
      <Rates />
      <Others />
      {row && scope === 'operator' && (
        <Form.Item
          name="for_all"
          valuePropName="checked"
          label={t('models:form.for_all')}
          extra={t('models:form.for_all_hint', { provider: row.provider.name })}
        >
          <Switch />
        </Form.Item>
      )}
      <Form.Item
        name="valid_from"
        label={t('models:form.valid_from')}
        extra={t('models:form.valid_from_hint')}
      >
        <Input type="datetime-local" />
      </Form.Item>
      <Form.Item name="note" label={t('models:form.note')} extra={t('models:form.note_hint')}>
        <Input maxLength={300} autoComplete="off" />
      </Form.Item>
      <Collapse
        ghost
        items={[{ key: 'more', label: t('models:form.more'), forceRender: true, children: <More /> }]}
      />
    </FormDrawer>
  )
}

/** What showServerErrors can put at its place. */
const FIELDS = ['valid_from', 'note', 'tiers', 'variants', 'time_windows', 'per_call']
const NOTES = { operator: 'models:form.operator_note', tenant: 'models:form.tenant_note' } as const

function amountRule(t: TFunction) {
  return {
    validator: (_: unknown, text: string | undefined) =>
      text === undefined || text.trim() === '' || isAmount(text)
        ? Promise.resolve()
        : Promise.reject(new Error(t('models:form.not_an_amount'))),
  }
}

function Rates() {
  const { t } = useTranslation()
  return (
    <div className="two">
      {MAIN_CLASSES.map((name) => (
        <Form.Item key={name} name={name} label={className(name, t)} rules={[amountRule(t)]}>
          <Input inputMode="decimal" autoComplete="off" prefix="$" suffix={t('models:form.unit')} />
        </Form.Item>
      ))}
    </div>
  )
}

function Others() {
  const { t } = useTranslation()
  return (
    <Form.List name="others">
      {(fields, { add, remove }) => (
        <div className="other-rates">
          {fields.map(({ key, name }) => (
            <div key={key} className="other-rate">
              <Form.Item name={[name, 'name']} noStyle>
                <Select
                  aria-label={t('models:rates.class')}
                  placeholder={t('models:rates.class')}
                  options={OTHER_CLASSES.map((value) => ({ value, label: className(value, t) }))}
                />
              </Form.Item>
              <Form.Item name={[name, 'rate']} rules={[amountRule(t)]}>
                <Input
                  inputMode="decimal"
                  autoComplete="off"
                  prefix="$"
                  suffix={t('models:form.unit')}
                  aria-label={t('models:form.rate')}
                />
              </Form.Item>
              <Button
                type="text"
                icon={<MinusCircleOutlined />}
                aria-label={t('models:form.remove_class')}
                onClick={() => remove(name)}
              />
            </div>
          ))}
          <Button type="link" icon={<PlusOutlined />} onClick={() => add({ rate: '' })}>
            {t('models:form.add_class')}
          </Button>
        </div>
      )}
    </Form.List>
  )
}

const PARTS = [
  {
    name: 'tiers',
    kind: 'list',
    label: 'models:form.tiers',
    example: '[{"above_input_tokens": 200000, "rates": {"in_fresh": "6"}}]',
  },
  {
    name: 'variants',
    kind: 'object',
    label: 'models:form.variants',
    example: '{"batch": {"in_fresh": "0.5", "out_text": "2"}}',
  },
  {
    name: 'time_windows',
    kind: 'list',
    label: 'models:form.windows',
    example: '[{"since": "16:30", "till": "00:30", "tz": "UTC", "rates": {"in_fresh": "0.1"}}]',
  },
  {
    name: 'per_call',
    kind: 'object',
    label: 'models:form.per_call',
    example: '{"web_search_calls": "0.01"}',
  },
] as const

function More() {
  const { t } = useTranslation()
  return (
    <>
      {PARTS.map(({ name, kind, label, example }) => (
        <Form.Item
          key={name}
          name={name}
          label={t(label)}
          rules={[
            {
              validator: (_, text: string | undefined) =>
                parsed(text, kind) === null
                  ? Promise.reject(
                      new Error(t(kind === 'list' ? 'models:form.no_list' : 'models:form.no_object')),
                    )
                  : Promise.resolve(),
            },
          ]}
        >
          <Input.TextArea
            autoSize={{ minRows: 2 }}
            className="mono-text"
            spellCheck={false}
            placeholder={example}
          />
        </Form.Item>
      ))}
    </>
  )
}
