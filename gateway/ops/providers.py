"""`switchyard providers`: back-ends, from the server's own terminal."""

from argparse import Namespace
from typing import Any, Final

from gateway.ops.configuration import Configuration
from gateway.ops.control_plane import with_django
from gateway.ops.outcome import Exit
from gateway.ops.output import table, write, write_json

HEADS: Final = (*("slug", "owner", "kind", "host", "enabled", "state", "credentials", "models"),)


@with_django
def run_list(arguments: Namespace, _: Configuration) -> int:
    rows = _all_providers()
    if arguments.json:
        write_json(rows)
    else:
        write(table(HEADS, [[_shown(row[head]) for head in HEADS] for row in rows]))
    return Exit.OK


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)


def _all_providers() -> list[dict[str, Any]]:
    from accounts.tenancy import platform_scope  # noqa: PLC0415 - needs the app registry
    from providers.selectors.health import with_health  # noqa: PLC0415 - see above
    from providers.selectors.providers import all_providers, host_of  # noqa: PLC0415 - see above

    with platform_scope("list providers on the server's terminal"):
        return [
            {
                "slug": row.slug,
                "owner": row.tenant.slug if row.tenant is not None else "platform",
                "kind": row.kind,
                "host": host_of(row),
                "enabled": row.enabled,
                "state": row.__dict__["status"].state,
                "credentials": "{0.healthy}/{0.total}".format(row.__dict__["credential_count"]),
                "models": row.__dict__["models_enabled"],
            }
            for row in with_health(list(all_providers()))
        ]
