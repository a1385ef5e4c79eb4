"""What keys, people, teams and credentials are called now; sums keep ids."""

from collections.abc import Callable, Collection, Mapping
from typing import Final, TypeAlias
from uuid import UUID

from accounts.models import ApiKey, Team, User
from accounts.selectors.keys import KEY_ID_PREFIX, public_id_in
from providers.models import Credential

Names: TypeAlias = Mapping[str, str]


def names_of(column: str, known: Names) -> Names:
    """By id: the name it has now, else the one in the sums; ids of rows are no names."""
    find = FINDERS.get(column)
    if find is None:
        return known
    found = find([one for one in known if one])
    return {one: found.get(one, "") for one in known}


def _keys(ids: Collection[str]) -> Names:
    rows = ApiKey.objects.filter(public_id__in={public_id_in(key_id) for key_id in ids})
    return {f"{KEY_ID_PREFIX}{one}": name for one, name in rows.values_list("public_id", "name")}


def _users(ids: Collection[str]) -> Names:
    rows = User.objects.filter(pk__in=[UUID(user_id) for user_id in ids])
    return {str(user.pk): user.display_name or user.email for user in rows}


def _teams(ids: Collection[str]) -> Names:
    rows = Team.objects.filter(pk__in=[UUID(team_id) for team_id in ids])
    return {str(team.pk): team.name for team in rows}


def _credentials(ids: Collection[str]) -> Names:
    """The tenant's own; what the platform calls its own is not for tenants."""
    rows = Credential.objects.filter(pk__in=[UUID(credential_id) for credential_id in ids])
    return {str(one): name for one, name in rows.values_list("pk", "name")}


FINDERS: Final[Mapping[str, Callable[[Collection[str]], Names]]] = {
    "key_id": _keys,
    "user_id": _users,
    "team_id": _teams,
    "credential_id": _credentials,
}
