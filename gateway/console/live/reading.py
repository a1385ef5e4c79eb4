"""What a channel shows at one moment."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Rows by id; `changes_at` is when the clock alone will change one of them."""

    rows: Mapping[str, Mapping[str, Any]]
    changes_at: datetime | None = None
