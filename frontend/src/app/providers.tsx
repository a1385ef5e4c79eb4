import { keepPreviousData, QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { ConfigProvider } from 'antd'
import type { Locale } from 'antd/es/locale'
import english from 'antd/es/locale/en_US'
import { useEffect, useState, type ReactNode } from 'react'
import { useTranslation } from 'react-i18next'
import { isProblem } from '../api/problem'
import { Toaster } from '../ui/toaster'
import { useTheme } from './theme'
import { cspNonce } from './nonce'

const STALE_MS = 15_000

function isWorthRepeating(error: unknown): boolean {
  // 401 once: the session may have been renewed between the request and its answer.
  return isProblem(error) && (error.status === 0 || error.status === 401 || error.status >= 502)
}

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: STALE_MS,
      placeholderData: keepPreviousData,
      retry: (count, error) => count < 1 && isWorthRepeating(error),
    },
    mutations: { retry: false, networkMode: 'always' },
  },
})

/** Never absent: antd wraps the page in one more provider when a locale appears, which would mount all of it anew. */
function useAntdLocale(): Locale {
  const { i18n } = useTranslation()
  const [chinese, setChinese] = useState<Locale>(english)
  const isChinese = i18n.language === 'zh-CN'
  useEffect(() => {
    if (isChinese) void import('../i18n/antd-zh-cn').then((module) => setChinese(module.locale))
  }, [isChinese])
  return isChinese ? chinese : english
}

export function Providers({ children }: { children: ReactNode }) {
  const theme = useTheme()
  const locale = useAntdLocale()
  return (
    <QueryClientProvider client={queryClient}>
      <ConfigProvider
        theme={theme}
        locale={locale}
        csp={{ nonce: cspNonce }}
        button={{ autoInsertSpace: false }}
      >
        {children}
        <Toaster />
      </ConfigProvider>
    </QueryClientProvider>
  )
}
