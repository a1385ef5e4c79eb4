"""How far the books are complete: what the shippers of all nodes say."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection

# A node that has been silent for so long holds nothing up.
SILENT_S: Final = 60
PROGRESS: Final = """
SELECT min(delivered_to), min(least(delivered_to, coalesce(oldest_open, delivered_to)))
FROM spool_progress WHERE seen_at > now() - make_interval(secs => %s)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Everything that ended before `delivered_to` is in the books; what began before `complete_to`
    has ended, so sums up to there are final. None while no node tells."""

    delivered_to: datetime | None
    complete_to: datetime | None


def progress() -> Progress:
    with connection.cursor() as cursor:
        cursor.execute(PROGRESS, [SILENT_S])
        delivered_to, complete_to = cursor.fetchone()
    return Progress(delivered_to=delivered_to, complete_to=complete_to)
