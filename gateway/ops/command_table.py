"""The table of commands: name, options and the function below gateway.ops that does the work."""

import argparse
from dataclasses import dataclass, field
from typing import Any, Final

EPILOG: Final = (
    "Exit status: 0 ok, 1 a finding, 2 bad usage or configuration, 3 busy, "
    "4 a dependency is missing."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    names: tuple[str, ...]
    settings: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """`handler` is `module:function` below gateway.ops, imported only when it is called."""

    name: str
    text: str
    handler: str = ""
    options: tuple[Option, ...] = ()
    children: tuple["Command", ...] = field(default=())


def _option(*names: str, **settings: Any) -> Option:
    return Option(names=names, settings=settings)


def _flag(name: str, text: str) -> Option:
    return _option(name, action="store_true", help=text)


JSON: Final = _flag("--json", "print a machine-readable report")
LISTENER: Final = (
    _option("--host", help="address to listen on (HOST)"),
    _option("--port", help="port to listen on (PORT)"),
)
TENANT: Final = _option("--tenant", default="default", metavar="SLUG", help="the tenant")
MOMENT: Final = "a date, or date and time as 2026-11-20T10:30:00Z; UTC"
KEY: Final = _option("key", metavar="KEY", help="key id, as key_…, or prefix, as sy-live-…")

COMMANDS: Final = (
    Command(
        name="up",
        text="run everything on this machine: embedded services, workers, server",
        handler="commands:run_up",
        options=(
            _flag("--detach", "return once it is ready and leave it running"),
            _flag("--dev", "Daphne with reload and the Vite server instead of granian"),
            *LISTENER,
            _option("--announce-to", type=int, help=argparse.SUPPRESS),
        ),
    ),
    Command(name="down", text="stop what up started", handler="commands:run_down"),
    Command(
        name="setup-link",
        text="print a new set-up link while nobody owns the installation",
        handler="setup_link:run",
        options=(JSON,),
    ),
    Command(name="serve", text="the server", handler="commands:run_serve", options=LISTENER),
    Command(name="worker", text="a task worker", handler="commands:run_worker"),
    Command(name="beat", text="the task clock", handler="commands:run_beat"),
    Command(
        name="shipper",
        text="what brings the records of this node into PostgreSQL",
        handler="commands:run_shipper",
    ),
    Command(
        name="migrate",
        text="bring the database schema up to date",
        handler="commands:run_migrate",
        options=(_flag("--plan", "show what would be applied"),),
    ),
    Command(
        name="seed",
        text="make what every installation begins with, where it is missing",
        handler="seed:run",
    ),
    Command(
        name="db",
        text="database administration",
        children=(
            Command(
                name="grants",
                text="print the SQL that makes the two logins",
                handler="commands:run_db_grants",
            ),
            Command(
                name="logins",
                text="make the database and the logins that the two database URLs name",
                handler="provide_logins:run",
                options=(
                    _option(
                        "--as-file",
                        required=True,
                        metavar="FILE",
                        help="holds the URL of a login that may create roles and databases",
                    ),
                ),
            ),
        ),
    ),
    Command(
        name="check",
        text="check settings and database as every start does",
        handler="commands:run_check",
        options=(
            _flag("--settings", "show the effective settings and where each comes from"),
            _flag("--live", "ask the running server for its health"),
            JSON,
        ),
    ),
    Command(
        name="users",
        text="people",
        children=(
            Command(name="list", text="all users", handler="users:run_list", options=(JSON,)),
            Command(
                name="create",
                text="a user and a one-time link to set the password",
                handler="users:run_create",
                options=(
                    _option("email", metavar="EMAIL"),
                    _option("--name", default="", help="the name shown"),
                    _option("--tenant", metavar="SLUG", help="make the user a member of it"),
                    _option("--role", default="developer", help="the role there"),
                    _flag("--superadmin", "owns the installation"),
                    JSON,
                ),
            ),
            Command(
                name="reset",
                text="a one-time link to set a new password",
                handler="users:run_reset",
                options=(
                    _option("email", metavar="EMAIL"),
                    _flag("--mfa", "also remove the second factor"),
                    JSON,
                ),
            ),
        ),
    ),
    Command(
        name="keys",
        text="API keys",
        children=(
            Command(
                name="create",
                text="a key; its value is printed once",
                handler="keys:run_create",
                options=(
                    TENANT,
                    _option("--name", required=True),
                    _option("--environment", choices=("live", "test"), default="live"),
                    _option("--rpm", type=int, help="requests per minute"),
                    _option("--budget", help="monthly budget in USD"),
                    JSON,
                ),
            ),
            Command(
                name="list",
                text="the keys of a tenant",
                handler="keys:run_list",
                options=(TENANT, JSON),
            ),
            Command(
                name="rotate",
                text="a new value; the old one lives on for the overlap",
                handler="keys:run_rotate",
                options=(
                    KEY,
                    TENANT,
                    _option(
                        "--overlap-s", type=int, default=86_400, help="seconds the old one lives"
                    ),
                    JSON,
                ),
            ),
            Command(
                name="revoke",
                text="end a key for good",
                handler="keys:run_revoke",
                options=(KEY, TENANT),
            ),
        ),
    ),
    Command(
        name="providers",
        text="back-ends",
        children=(
            Command(
                name="list",
                text="all providers with their health",
                handler="providers:run_list",
                options=(JSON,),
            ),
        ),
    ),
    Command(
        name="prices",
        text="what models cost",
        children=(
            Command(
                name="load",
                text="bring the catalog of this release into the price book",
                handler="price_rows:run_load",
            ),
            Command(
                name="lookup",
                text="by which row a model is rated, and why",
                handler="price_rows:run_lookup",
                options=(
                    _option("--provider", required=True, metavar="SLUG", help="the back-end"),
                    _option(
                        "--model", required=True, metavar="NAME", help="as the vendor calls it"
                    ),
                    _option("--at", metavar="TIME", help="ISO 8601; now, if not given"),
                ),
            ),
            Command(
                name="build",
                text="make the catalog of a release from two wheels, which are read as data",
                handler="prices_build:run_build",
                options=(
                    _option("--genai", required=True, metavar="WHEEL", help="of genai-prices"),
                    _option("--crosscheck", required=True, metavar="WHEEL", help="of litellm"),
                ),
            ),
        ),
    ),
    Command(
        name="audit",
        text="the record of operations",
        children=(
            Command(
                name="verify",
                text="walk the hash chains; name the first row that is bad or missing",
                handler="audit:run_verify",
                options=(
                    _option("--tenant", metavar="SLUG", help="the tenant's chain only"),
                    JSON,
                ),
            ),
        ),
    ),
    Command(
        name="windows",
        text="the sums of records by five minutes and by day",
        children=(
            Command(
                name="rebuild",
                text="make windows and days anew from their records",
                handler="windows:run_rebuild",
                options=(
                    _option("--from", dest="start", required=True, metavar="TIME", help=MOMENT),
                    _option("--to", dest="end", metavar="TIME", help=f"{MOMENT}; now if not given"),
                    JSON,
                ),
            ),
        ),
    ),
    Command(
        name="cost",
        text="what is recorded, in money",
        children=(
            Command(
                name="rerate",
                text="book the difference between what records say and the prices of now",
                handler="cost:run_rerate",
                options=(
                    _option("--from", dest="start", required=True, metavar="TIME", help=MOMENT),
                    _option("--to", dest="end", required=True, metavar="TIME", help=MOMENT),
                    _option("--tenant", metavar="SLUG", help="records of the tenant only"),
                    _flag("--dry-run", "tell what would change and write nothing"),
                    JSON,
                ),
            ),
        ),
    ),
    Command(
        name="ledger",
        text="the books",
        children=(
            Command(
                name="verify",
                text="compare every record with its transfers, every closing with what led to it",
                handler="ledger:run_verify",
                options=(JSON,),
            ),
            Command(
                name="balances",
                text="what every account stands at, debits less credits",
                handler="ledger:run_balances",
                options=(JSON,),
            ),
        ),
    ),
    Command(
        name="snapshot",
        text="the configuration as the data plane reads it",
        children=(
            Command(
                name="show",
                text="its version, what waits to be compiled, and who serves by it",
                handler="snapshot:run_show",
                options=(JSON,),
            ),
        ),
    ),
    Command(
        name="secrets",
        text="stored secrets",
        children=(
            Command(
                name="rotate",
                text="re-wrap the data keys under the first key of SWITCHYARD_KEK",
                handler="secrets_rotation:run",
                options=(JSON,),
            ),
        ),
    ),
    Command(
        name="init-secrets",
        text="write the secrets of a deployment in containers, one file each, once",
        handler="init_secrets:run",
        options=(
            _option("directory", metavar="DIR"),
            _option("--postgres", default="postgres:5432", metavar="HOST:PORT"),
            _option("--redis", default="redis:6379", metavar="HOST:PORT", help="the state server"),
            _option("--cache", default="cache:6379", metavar="HOST:PORT", help="the cache server"),
            _option("--database", default="switchyard", metavar="NAME"),
        ),
    ),
    Command(
        name="mock",
        text="the mock provider over HTTP on this machine, for tests and benchmarks",
        handler="mock_server:run",
        # Not PORT, which is the server's.
        options=(
            _option(
                "--port",
                dest="mock_port",
                metavar="PORT",
                type=int,
                default=9099,
                help="port to listen on (9099)",
            ),
        ),
    ),
    Command(name="version", text="print the version", handler="commands:run_version"),
    Command(
        name="settings-docs",
        text="write .env.example and the reference pages made from tables",
        handler="reference_docs:run",
    ),
)
