import { use, useEffect, useEffectEvent } from 'react'
import { openChannel, type News } from './channel'
import { LiveContext } from './use-live'

/** While the page is shown, it hears what a channel says of a tenant. */
export function useChannel<Row>(channel: string, tenant: string, onNews: (news: News<Row>) => void): void {
  const socket = use(LiveContext)
  const heard = useEffectEvent(onNews)
  useEffect(
    () => (socket ? openChannel<Row>(socket, { tenant, channel, onNews: (news) => heard(news) }) : undefined),
    [socket, tenant, channel],
  )
}
