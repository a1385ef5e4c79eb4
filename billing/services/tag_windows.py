"""Windows by tag, made anew with the windows they belong to."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from accounts.models import Tenant
from billing.tag_sums import DELETE_TAGS, INSERT_TAGS
from billing.windows import Span


def sum_tags(*, tenant_id: UUID, spans: Sequence[Span]) -> None:
    """In the caller's transaction; by the keys that are registered now."""
    tag_keys = Tenant.objects.values_list("tag_keys", flat=True).get(pk=tenant_id)
    with connection.cursor() as cursor:
        for span in spans:
            one: dict[str, Any] = {"tenant": tenant_id, "start": span.start, "end": span.end}
            cursor.execute(DELETE_TAGS, one)
        if tag_keys:
            bounds: dict[str, Any] = {
                "tenant": tenant_id,
                "tag_keys": tag_keys,
                "starts": [span.start for span in spans],
                "ends": [span.end for span in spans],
            }
            cursor.execute(INSERT_TAGS, bounds)
