import { use, useEffect, useEffectEvent } from 'react'
import { openChannel, type ChannelFilter, type News } from './channel'
import { LiveContext } from './use-live'

interface Options {
  filter?: ChannelFilter
  isOff?: boolean
  onOpen?: () => void
}

/** While the page is shown, it hears what a channel says of a tenant. */
export function useChannel<Row>(
  channel: string,
  tenant: string,
  onNews: (news: News<Row>) => void,
  { filter, isOff = false, onOpen }: Options = {},
): void {
  const socket = use(LiveContext)
  const heard = useEffectEvent(onNews)
  const opened = useEffectEvent(() => onOpen?.())
  const wanted = filter === undefined ? '' : JSON.stringify(filter)
  useEffect(() => {
    if (!socket || isOff) return undefined
    return openChannel<Row>(socket, {
      tenant,
      channel,
      filter: wanted ? (JSON.parse(wanted) as ChannelFilter) : undefined,
      onNews: (news) => heard(news),
      onOpen: () => opened(),
    })
  }, [socket, tenant, channel, wanted, isOff])
}
