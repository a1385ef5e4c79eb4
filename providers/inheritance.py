"""What holds for a provider: its own value, else its parent's, else the platform's default.

Law: the console shows and the data plane obeys what is resolved here, and nowhere else.
"""

from collections.abc import Iterator
from typing import Any, Final

from django.conf import settings
from msgspec import Struct

from providers.models import Provider
from providers.specs import DisconnectPolicy, PoolPolicy, Timeouts

TIMEOUTS: Final = ("connect_ms", "ttft_ms", "reasoning_ttft_ms", "idle_ms", "total_ms")
POOL: Final = ("pool_strategy", "max_failures", "retry_after_s", "failure_window_s")
PLACE: Final = ("base_url", "region", "project", "resource", "api_version", "surfaces")
# Empty texts and lists are not said either.
INHERITED: Final = (
    *PLACE,
    *TIMEOUTS,
    *POOL,
    *("proxy_url", "disconnect_policy", "data_region"),
)
NOT_SAID: Final[tuple[Any, ...]] = (None, "", [])


class Effective(Struct, frozen=True, kw_only=True):
    base_url: str
    surfaces: list[dict[str, str]]
    headers: dict[str, str]
    proxy_url: str
    timeouts: Timeouts
    pool: PoolPolicy
    disconnect_policy: DisconnectPolicy
    data_region: str
    region: str


def effective(row: Provider) -> Effective:
    return Effective(
        base_url=value_of(row, "base_url"),
        surfaces=value_of(row, "surfaces"),
        headers={**(row.parent.headers if row.parent else {}), **row.headers},
        proxy_url=value_of(row, "proxy_url"),
        timeouts=Timeouts(**{name: value_of(row, name) for name in TIMEOUTS}),
        pool=PoolPolicy(
            strategy=value_of(row, "pool_strategy"),
            max_failures=value_of(row, "max_failures"),
            retry_after_s=value_of(row, "retry_after_s"),
            failure_window_s=value_of(row, "failure_window_s"),
        ),
        disconnect_policy=value_of(row, "disconnect_policy"),
        data_region=value_of(row, "data_region"),
        region=value_of(row, "region"),
    )


def inherited_fields(row: Provider) -> list[str]:
    """The fields for which the row itself says nothing."""
    return [name for name in INHERITED if getattr(row, name) in NOT_SAID]


def value_of(row: Provider, name: str) -> Any:
    said = (getattr(one, name) for one in _line(row, name))
    return next((value for value in said if value not in NOT_SAID), _default(name))


def _line(row: Provider, name: str) -> Iterator[Provider]:
    yield row
    # Where a back-end is means nothing to one of another kind.
    if row.parent is not None and (name not in PLACE or row.parent.kind == row.kind):
        yield row.parent


def _default(name: str) -> Any:
    if name in POOL:
        return {
            "pool_strategy": settings.BACKEND_LOAD_BALANCE_STRATEGY,
            "max_failures": settings.BACKEND_MAX_FAILURES,
            "retry_after_s": settings.BACKEND_RETRY_AFTER_SECS,
            "failure_window_s": settings.BACKEND_FAILURE_WINDOW_SECS,
        }[name]
    if name in TIMEOUTS:
        return getattr(Timeouts(), name)
    return {"surfaces": [], "disconnect_policy": "cancel"}.get(name, "")
