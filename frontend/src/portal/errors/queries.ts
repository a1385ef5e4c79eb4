import { queryOptions } from '@tanstack/react-query'
import { api, body } from '../../api/client'

export const errorCodesQuery = queryOptions({
  queryKey: ['error-codes'],
  queryFn: () => body(api.GET('/api/console/error-codes')),
  select: (page) => page.data,
  staleTime: Infinity,
})
