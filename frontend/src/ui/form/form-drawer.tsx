import { Button, Drawer, Form, type FormInstance } from 'antd'
import { useEffect, useId, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { useMe } from '../../api/session'
import { DangerConfirm } from '../danger-confirm'
import { problemSentence } from '../problem-text'
import { useIsMobile } from '../use-media'
import { useOnline } from '../use-online'
import { draftOf, dropDraft, keepDraft } from './drafts'

interface Props<Values extends object> {
  open: boolean
  /** Names what is being written: a lost session gives it back under this name. */
  draft: string
  /** Fields whose contents are nobody's to keep: they are typed again. */
  secret?: readonly (keyof Values)[]
  title: string
  form: FormInstance<Values>
  initialValues: Partial<Values>
  submit: string
  isBusy: boolean
  /** An error that belongs to no field. */
  error?: unknown
  onSubmit: (values: Values) => void
  onClose: () => void
  children: ReactNode
}

const WIDTH_PX = 560

function without<Values extends object>(values: Values, names: readonly (keyof Values)[]): Partial<Values> {
  const kept: Partial<Values> = { ...values }
  for (const name of names) Reflect.deleteProperty(kept, name)
  return kept
}

/** A form beside its list: one primary action, kept until sent, a question before typed text is thrown away. */
export function FormDrawer<Values extends object>(props: Props<Values>) {
  const { open, draft, secret = [], title, form, initialValues, submit, isBusy, error } = props
  const { onSubmit, onClose, children } = props
  const { t } = useTranslation()
  const [isAsking, setAsking] = useState(false)
  const isMobile = useIsMobile()
  const id = useId()
  const user = useMe().user.id
  const isOnline = useOnline()
  useEffect(() => {
    const kept = open ? draftOf(draft, user) : null
    if (kept) form.setFieldsValue(kept)
  }, [open, draft, user, form])
  const leave = () => {
    dropDraft(draft)
    onClose()
  }
  const close = () => {
    if (form.isFieldsTouched() || draftOf(draft, user)) setAsking(true)
    else leave()
  }
  return (
    <Drawer
      open={open}
      title={title}
      size={isMobile ? '100%' : WIDTH_PX}
      rootClassName="form-drawer"
      destroyOnHidden
      mask={{ closable: false }}
      onClose={close}
      footer={
        <div className="drawer-foot">
          <Button onClick={close}>{t('common:cancel')}</Button>
          <Button type="primary" htmlType="submit" form={id} loading={isBusy} disabled={!isOnline}>
            {submit}
          </Button>
        </div>
      }
    >
      <Form<Values>
        id={id}
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={initialValues}
        scrollToFirstError={{ focus: true }}
        validateTrigger="onBlur"
        onValuesChange={(_, values) => keepDraft(draft, user, without(values, secret))}
        onFinish={onSubmit}
      >
        {error !== null && error !== undefined && (
          <p className="form-error" role="alert">
            {problemSentence(error, t)}
          </p>
        )}
        {children}
      </Form>
      <DangerConfirm
        open={isAsking}
        title={t('common:unsaved.title')}
        effects={<p className="muted">{t('common:unsaved.text')}</p>}
        action={t('common:unsaved.discard')}
        keep={t('common:unsaved.keep')}
        isBusy={false}
        onConfirm={leave}
        onCancel={() => setAsking(false)}
      />
    </Drawer>
  )
}
