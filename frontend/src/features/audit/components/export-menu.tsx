import { DownloadOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button, Dropdown } from 'antd'
import { useTranslation } from 'react-i18next'
import { saveFile } from '../../../ui/csv'
import { problemSentence } from '../../../ui/problem-text'
import { downloadAudit, type AuditFilter } from '../queries'
import { notify } from '../../../ui/notify'

export function ExportMenu({ filter }: { filter: AuditFilter }) {
  const { t } = useTranslation()
  const run = useMutation({
    mutationFn: async (format: 'csv' | 'json') =>
      saveFile(await downloadAudit(filter, format), `audit.${format}`),
    onError: (error) => notify.failed(problemSentence(error, t)),
  })
  const items = [
    { key: 'csv', label: 'CSV' },
    { key: 'json', label: 'JSON' },
  ]
  return (
    <Dropdown
      trigger={['click']}
      placement="bottomRight"
      menu={{ items, onClick: ({ key }) => run.mutate(key === 'json' ? 'json' : 'csv') }}
    >
      <Button icon={<DownloadOutlined />} loading={run.isPending}>
        {t('audit:export')}
      </Button>
    </Dropdown>
  )
}
