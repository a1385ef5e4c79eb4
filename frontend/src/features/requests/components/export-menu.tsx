import { DownloadOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Button, Dropdown } from 'antd'
import { useTranslation } from 'react-i18next'
import { saveFile } from '../../../ui/csv'
import { notify } from '../../../ui/notify'
import { problemSentence } from '../../../ui/problem-text'
import type { Filter } from '../filters'
import { exportRequests } from '../queries'

/** The filtered rows as a file, at most 10,000. */
export function ExportMenu({ filter }: { filter: Filter }) {
  const { t } = useTranslation()
  const run = useMutation({
    mutationFn: async (format: 'csv' | 'json') => {
      const { file, isCut } = await exportRequests({ format, filter })
      saveFile(file, `requests.${format}`)
      if (isCut) notify.failed(t('requests:export_cut'))
    },
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
      <Button icon={<DownloadOutlined />} loading={run.isPending} title={t('requests:export_hint')}>
        {t('requests:export')}
      </Button>
    </Dropdown>
  )
}
