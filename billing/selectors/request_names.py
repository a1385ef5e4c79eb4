"""What keys, people and credentials are called now; records keep ids."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.utils import timezone

from accounts.models import ApiKey, ApiKeySecret, User
from accounts.selectors.keys import KEY_ID_PREFIX, live_secrets, public_id_in
from billing.request_facts import Facts
from providers.models import Credential, Provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    keys: dict[str, dict[str, Any]]
    users: dict[str, dict[str, Any]]

    def key(self, key_id: str) -> dict[str, Any] | None:
        """Also of a key that is no row any more: then only its id is known."""
        if not key_id:
            return None
        return self.keys.get(key_id) or {"id": key_id, "name": "", "mask": ""}

    def user(self, user_id: str | None) -> dict[str, Any] | None:
        if user_id is None:
            return None
        return self.users.get(user_id) or {"id": user_id, "name": ""}


def names_in(rows: Iterable[Facts]) -> Names:
    """Inside the scope of the tenant whose rows they are."""
    told = list(rows)
    public_ids = {public_id_in(facts.key_id) for facts in told} - {""}
    user_ids = {facts.user_id for facts in told} - {None}
    secrets = Prefetch("secrets", queryset=ApiKeySecret.objects.order_by("-id"))
    keys = ApiKey.objects.filter(public_id__in=public_ids).prefetch_related(secrets)
    users = User.objects.filter(pk__in=user_ids).only("email", "display_name")
    return Names(
        keys={one["id"]: one for one in map(_key, keys)},
        users={
            str(user.pk): {"id": str(user.pk), "name": user.display_name or user.email}
            for user in users
        },
    )


def suffixes_of(credential_ids: Iterable[UUID | None]) -> dict[UUID, str]:
    """Of the tenant's own credentials; the platform's show it nothing."""
    rows = Credential.objects.filter(pk__in={one for one in credential_ids if one is not None})
    return {row.pk: row.suffix for row in rows.only("suffix")}


def own_among(provider_ids: Iterable[UUID | None]) -> set[UUID]:
    """Those of them that are the tenant's own, archived ones too."""
    rows = Provider.objects.filter(
        pk__in={one for one in provider_ids if one is not None}, tenant__isnull=False
    )
    return set(rows.values_list("pk", flat=True))


def _key(key: ApiKey) -> dict[str, Any]:
    newest = next(iter(live_secrets(key, now=timezone.now())), None)
    suffix = f"…{newest.suffix}" if newest is not None else ""
    return {
        "id": f"{KEY_ID_PREFIX}{key.public_id}",
        "name": key.name,
        "mask": f"sy-{key.environment}-{key.public_id}{suffix}",
    }
