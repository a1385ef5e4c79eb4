"""What the data plane reads of the settings, once, at start."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct

from gateway.edge.editing.features import USUAL, Features
from protocols.efforts import BUDGETS


class EdgeSettings(Struct, frozen=True, kw_only=True):
    require_api_key: bool = True
    drain_max_s: float = 600.0
    stream_keepalive_s: float = 10.0
    streaming_timeout_s: float | None = None  # caps the total of streams
    max_inflight: int = 5_000
    max_open_per_key: int = 2_000
    max_open_per_address: int = 0
    seal_ttl_s: int = 86_400
    features: Features = USUAL
    reasoning_budgets: tuple[int, ...] = BUDGETS

    @classmethod
    def from_values(cls, values: Mapping[str, Any]) -> "EdgeSettings":
        return cls(
            require_api_key=values["REQUIRE_API_KEY"],
            drain_max_s=values["DRAIN_MAX_S"],
            stream_keepalive_s=values["STREAM_KEEPALIVE_S"],
            streaming_timeout_s=values["STREAMING_TIMEOUT_SECONDS"] or None,
            max_inflight=values["MAX_INFLIGHT"],
            max_open_per_key=values["MAX_OPEN_PER_KEY"],
            max_open_per_address=values["MAX_OPEN_PER_ADDRESS"],
            seal_ttl_s=values["SEAL_TTL_S"],
            features=_features(values),
            reasoning_budgets=values["REASONING_BUDGETS"],
        )


def _features(values: Mapping[str, Any]) -> Features:
    """The usual ones themselves, so that they are known at a glance."""
    features = Features(
        tool_use=values["ENABLE_TOOL_USE"],
        documents=values["ENABLE_DOCUMENT_SUPPORT"],
        thinking=values["ENABLE_EXTENDED_THINKING"],
        prompt_caching=values["PROMPT_CACHING_ENABLED"],
    )
    return USUAL if features == USUAL else features
