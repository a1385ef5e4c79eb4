"""`switchyard db logins`: the two logins and the database, made as the server's administrator."""

from argparse import Namespace
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from gateway.ops.configuration import Configuration
from gateway.ops.logins import create_database, create_login
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.output import write

NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL")


def run(arguments: Namespace, configuration: Configuration) -> int:
    urls = {name: configuration.values[name] for name in NAMES}
    if missing := [name for name, url in urls.items() if not url]:
        raise CommandFailed(
            f"{' and '.join(missing)} not set; the logins are made as these name them",
            status=Exit.USAGE,
        )
    try:
        administrator = Path(arguments.as_file).read_text(encoding="utf-8").strip()
        made = provide_logins(
            administrator=administrator,
            app_url=urls["DATABASE_URL"],
            owner_url=urls["DATABASE_OWNER_URL"],
        )
    except OSError as error:
        raise CommandFailed(f"{error.filename}: {error.strerror}", status=Exit.USAGE) from None
    except psycopg.OperationalError as error:
        raise CommandFailed(f"{arguments.as_file}: {error}", status=Exit.UNAVAILABLE) from None
    write(made)
    return Exit.OK


def provide_logins(*, administrator: str, app_url: str, owner_url: str) -> str:
    """As often as wanted: passwords follow the URLs, a database that exists keeps its owner."""
    app, owner = conninfo_to_dict(app_url), conninfo_to_dict(owner_url)
    with psycopg.connect(administrator, autocommit=True, connect_timeout=5) as connection:
        for login in (owner, app):
            create_login(connection, name=str(login["user"]), password=str(login["password"]))
        create_database(
            connection,
            name=str(owner["dbname"]),
            owner=str(owner["user"]),
            reader=str(app["user"]),
        )
    return f"Database {owner['dbname']}: owner {owner['user']}, runtime login {app['user']}"
