"""What can be subscribed to: one line per channel."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from accounts.access import Access
from gateway.console.live import health
from gateway.console.live.feeds import Feed
from gateway.console.live.reading import Reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    needs: tuple[str, ...]  # capabilities, of which one will do
    groups: Callable[[Access], tuple[str, ...]]  # whose notices concern it
    read: Callable[[Access], Reading]  # opens its own scope
    gone: Callable[[str], Mapping[str, Any]]  # the row of what is there no more
    feed: Feed  # runs while somebody is subscribed


CHANNELS: Final[Mapping[str, Channel]] = {
    "health": Channel(
        needs=health.NEEDS,
        groups=health.groups,
        read=health.read,
        gone=health.gone,
        feed=Feed(health.copy_what_is_told),
    ),
}
