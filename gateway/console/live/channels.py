"""What can be subscribed to: one line per channel."""

from collections.abc import Mapping
from typing import Final

from billing.request_filters import NEEDS
from gateway.console.live import health
from gateway.console.live.contract import Channel
from gateway.console.live.feeds import Feed
from gateway.console.live.requests import RequestSubscription
from gateway.console.live.shown import Shown

HEALTH: Final = Shown(
    needs=health.NEEDS,
    groups=health.groups,
    read=health.read,
    gone=health.gone,
    feed=Feed(health.copy_what_is_told),
)
CHANNELS: Final[Mapping[str, Channel]] = {
    "health": Channel(needs=HEALTH.needs, opened=HEALTH.opened),
    "requests": Channel(needs=NEEDS, opened=RequestSubscription.opened),
}
