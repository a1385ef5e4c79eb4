"""`switchyard users`: people, from the server's own terminal; every write is audited as `cli`."""

from argparse import Namespace
from typing import Any, Final

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import base_url, with_django
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.output import table, write, write_json

COLUMNS: Final = (
    *("id", "email", "display_name", "is_superadmin", "mfa_enabled", "is_active", "tenants"),
)


@with_django
def run_list(arguments: Namespace, _: Configuration) -> int:
    rows = _all_people()
    if arguments.json:
        write_json(rows)
    else:
        heads = ("email", "name", "superadmin", "mfa", "active", "tenants")
        write(table(heads, [[_shown(row[head]) for head in heads] for row in rows]))
    return Exit.OK


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _all_people() -> list[dict[str, Any]]:
    from accounts.selectors.people import all_users  # noqa: PLC0415 - needs the app registry
    from accounts.tenancy import platform_scope  # noqa: PLC0415 - see above

    with platform_scope("list people on the server's terminal"):
        return [
            {
                "id": str(row["id"]),
                "email": row["email"],
                "name": row["display_name"],
                "superadmin": row["is_superadmin"],
                "mfa": row["mfa_enabled"],
                "active": row["is_active"],
                "tenants": " ".join(f"{one['slug']}:{one['role']}" for one in row["tenants"]),
            }
            for row in all_users().order_by("email").values(*COLUMNS)
        ]


@with_django
def run_create(arguments: Namespace, configuration: Configuration) -> int:
    from accounts.actors import CLI  # noqa: PLC0415 - needs the app registry
    from accounts.services.enrolment import enrol_user  # noqa: PLC0415 - see above

    user, path = enrol_user(
        actor=CLI,
        email=arguments.email,
        display_name=arguments.name,
        superadmin=arguments.superadmin,
        tenant_slug=arguments.tenant,
        role=arguments.role,
    )
    return _show_link(arguments, configuration, email=user.email, path=path)


@with_django
def run_reset(arguments: Namespace, configuration: Configuration) -> int:
    from accounts.actors import CLI  # noqa: PLC0415 - needs the app registry
    from accounts.models import User  # noqa: PLC0415 - see above
    from accounts.services.users import make_reset_link  # noqa: PLC0415 - see above

    user = User.objects.filter(email=arguments.email.strip().lower()).first()
    if user is None:
        raise CommandFailed(
            f"There is no user {arguments.email}; switchyard users list shows all",
            status=Exit.FINDING,
        )
    path = make_reset_link(actor=CLI, user_id=user.pk, mfa=arguments.mfa)
    return _show_link(arguments, configuration, email=user.email, path=path)


def _show_link(arguments: Namespace, configuration: Configuration, *, email: str, path: str) -> int:
    url = f"{base_url(configuration)}{path}"
    if arguments.json:
        write_json({"email": email, "url": url})
    else:
        write(f"{email} sets a password here, once: {url}")
    return Exit.OK
