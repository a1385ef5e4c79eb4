"""`switchyard keys`: API keys, from the server's own terminal; every write is audited as `cli`."""

import re
from argparse import Namespace
from contextlib import contextmanager
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import with_django
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.output import table, write, write_json

VISIBLE_BEGINNING: Final = re.compile(r"sy-(?:live|test)-([0-9a-z]+)")

if TYPE_CHECKING:
    from collections.abc import Iterator

    from accounts.access import Access
    from accounts.services.keys import IssuedKey


@contextmanager
def _tenant(slug: str) -> "Iterator[Access]":
    """The server's terminal acts as superadmin in the tenant."""
    from accounts.selectors.access import access_of_master  # noqa: PLC0415 - needs the app registry
    from accounts.tenancy import tenant_scope  # noqa: PLC0415 - see above

    access = access_of_master(tenant_choice=slug)
    with tenant_scope(tenant_id=access.the_tenant().pk):
        yield access


@with_django
def run_create(arguments: Namespace, _: Configuration) -> int:
    from accounts.actors import CLI  # noqa: PLC0415 - needs the app registry
    from accounts.services.keys import issue_key  # noqa: PLC0415 - see above

    fields = {
        "name": arguments.name,
        "environment": arguments.environment,
        "requests_per_minute": arguments.rpm,
        "monthly_budget": _money(arguments.budget),
    }
    with _tenant(arguments.tenant) as access:
        issued = issue_key(
            actor=CLI,
            access=access,
            fields={name: value for name, value in fields.items() if value is not None},
        )
    return _show_once(arguments, issued)


def _money(text: str | None) -> Decimal | None:
    try:
        return Decimal(text) if text is not None else None
    except InvalidOperation:
        raise CommandFailed(
            f"--budget {text!r}: expected USD, as 10 or 12.50", status=Exit.USAGE
        ) from None


@with_django
def run_rotate(arguments: Namespace, _: Configuration) -> int:
    from accounts.actors import CLI  # noqa: PLC0415 - needs the app registry
    from accounts.services.keys import rotate_key  # noqa: PLC0415 - see above

    with _tenant(arguments.tenant) as access:
        issued = rotate_key(
            actor=CLI,
            access=access,
            key_id=_key_id(arguments.key),
            overlap_s=arguments.overlap_s,
        )
    return _show_once(arguments, issued)


@with_django
def run_revoke(arguments: Namespace, _: Configuration) -> int:
    from accounts.actors import CLI  # noqa: PLC0415 - needs the app registry
    from accounts.services.keys import revoke_key  # noqa: PLC0415 - see above

    with _tenant(arguments.tenant) as access:
        key = revoke_key(actor=CLI, access=access, key_id=_key_id(arguments.key))
    write(f"key_{key.public_id} is revoked")
    return Exit.OK


@with_django
def run_list(arguments: Namespace, _: Configuration) -> int:
    rows = _keys_of(arguments.tenant)
    if arguments.json:
        write_json(rows)
    else:
        heads = ("id", "name", "environment", "status", "owner", "last_used_at")
        write(table(heads, [[str(row[head] or "") for head in heads] for row in rows]))
    return Exit.OK


def _keys_of(slug: str) -> list[dict[str, Any]]:
    from django.utils import timezone  # noqa: PLC0415 - needs settings

    from accounts.selectors.keys import status_of, visible_keys  # noqa: PLC0415 - needs the registry

    now = timezone.now()
    with _tenant(slug) as access:
        return [
            {
                "id": f"key_{key.public_id}",
                "name": key.name,
                "environment": key.environment,
                "status": status_of(key, now=now),
                "owner": key.owner.email if key.owner else None,
                "last_used_at": key.last_used_at,
                "created_at": key.created_at,
            }
            for key in visible_keys(access=access).order_by("created_at")
        ]


def _key_id(given: str) -> str:
    """People have the id or, from a client's configuration, the key's visible beginning."""
    beginning = VISIBLE_BEGINNING.match(given)
    return f"key_{beginning[1]}" if beginning else given


def _show_once(arguments: Namespace, issued: "IssuedKey") -> int:
    key_id = f"key_{issued.key.public_id}"
    if arguments.json:
        write_json({"id": key_id, "name": issued.key.name, "key": issued.value})
    else:
        write(f"{key_id} {issued.key.name}\n{issued.value}\nThis value is not shown again.")
    return Exit.OK
