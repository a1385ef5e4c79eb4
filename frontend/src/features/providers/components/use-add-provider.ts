import { useMutation, useQueryClient } from '@tanstack/react-query'
import { Form } from 'antd'
import { useState } from 'react'
import { useTranslation } from 'react-i18next'
import { useNavigate } from 'react-router'
import { isProblem } from '../../../api/problem'
import { useMe, useTenantSlug } from '../../../api/session'
import { draftOf, dropDraft, keepDraft } from '../../../ui/form/drafts'
import { notify } from '../../../ui/notify'
import { fieldSentence } from '../../../ui/problem-text'
import {
  creation,
  fieldHere,
  startValues,
  testForm,
  type ChosenModel,
  type ConnectionValues,
} from '../connection'
import { createProviderMutation, testFormMutation } from '../mutations'
import { testRunQuery } from '../queries'
import { savedText } from '../saved-text'
import type { Choice } from '../../../api/vendors'
import type { Kind } from '../../../api/types'
import type { TestForm } from '../types'

/** So few that a person wants them all. */
const TAKE_ALL = 12
const TEST_FIELDS = ['base_url', 'region', 'credential_kind', 'header', 'secret'] as const

/** What a test was about; the model it asked a token of proves nothing more about the connection. */
function connectionOf(form: TestForm): string {
  return JSON.stringify({ ...form, model: undefined })
}

interface Subject {
  choice: Choice
  kind: Kind
  pasted: string
}

/** What is typed, what its test said and which models were taken: all of it kept until saved or thrown away. */
export function useAddProvider({ choice, kind, pasted }: Subject) {
  const { t } = useTranslation()
  const go = useNavigate()
  const client = useQueryClient()
  const tenant = useTenantSlug()
  const user = useMe().user.id
  const draft = `providers.add.${choice.id}`
  const [form] = Form.useForm<ConnectionValues>()
  const [models, setModels] = useState<ChosenModel[]>([])
  const [proved, setProved] = useState<string | null>(null)
  const [tokenModel, setTokenModel] = useState<string | undefined>()
  const [initial] = useState<ConnectionValues>(() => {
    const start = startValues(choice, kind)
    return { ...start, ...draftOf(draft, user), secret: pasted }
  })
  const read = (): ConnectionValues => ({ ...initial, ...(form.getFieldsValue(true) as ConnectionValues) })
  Form.useWatch([], form)
  const subject = connectionOf(testForm(choice.kind, read()))

  /** What stands in the form now is what passed. */
  const isProved = proved !== null && proved === subject
  const showErrors = (error: unknown) => {
    if (!isProblem(error)) return
    const shown = error.fields
      .map((entry) => ({ name: fieldHere(entry.field), errors: [fieldSentence(entry, t)] }))
      .filter((entry): entry is { name: keyof ConnectionValues; errors: string[] } => entry.name in initial)
    form.setFields(shown)
    if (shown[0]) form.scrollToField(shown[0].name, { focus: true })
  }
  const test = useMutation({
    ...testFormMutation,
    onSuccess: (report, sent) => {
      setProved(report.ok ? connectionOf(sent) : null)
      if (report.ok && report.models.length <= TAKE_ALL && models.length === 0)
        setModels(report.models.map(({ name }) => ({ upstream: name, name })))
    },
    onError: showErrors,
  })
  const create = useMutation({
    ...createProviderMutation,
    onSuccess: async (row) => {
      dropDraft(draft)
      notify.done(savedText(row, t))
      await go(`/t/${tenant}/providers/${row.id}`, { replace: true })
      // What was proved of the form is written down of the row by a test of its own.
      if (isProved) await client.query(testRunQuery(tenant, { provider: row.id, run: 0 })).catch(() => null)
      await client.invalidateQueries({ queryKey: ['providers'] })
    },
    onError: showErrors,
  })
  return {
    form,
    initial,
    models,
    setModels,
    tokenModel,
    setTokenModel,
    test,
    create,
    isProved,
    /** Tested, and changed since. */
    isStale: test.data !== undefined && connectionOf(test.variables) !== subject,
    keep: () => {
      // A key is never part of what is kept.
      keepDraft(draft, user, { ...read(), secret: '' })
    },
    drop: () => dropDraft(draft),
    runTest: async () => {
      try {
        await form.validateFields([...TEST_FIELDS])
      } catch {
        return
      }
      test.mutate(testForm(choice.kind, read(), tokenModel))
    },
    save: () => create.mutate(creation(choice.kind, read(), models, test.data?.models ?? [])),
  }
}
