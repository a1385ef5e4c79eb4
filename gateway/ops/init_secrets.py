"""`switchyard init-secrets DIR`: the secrets of a deployment in containers, one file each.

Laws: a file that exists is never written again, for losing the key-encryption key or the pepper
loses every stored credential and every issued key; what a container does not need lies in a folder
it does not mount. Files are named after the setting that reads them, by NAME_FILE:

app/       what every process of the product reads, 0600
owner/     DATABASE_OWNER_URL: migrations and the task worker, 0600
postgres/  the server's superuser, read by the server and by whoever makes the two logins
redis/     the servers' password, as a file of configuration too

The last two are open to other users, because servers run under their own.
"""

import os
import secrets
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.ops.configuration import Configuration
from gateway.ops.logins import APP_LOGIN, OWNER_LOGIN
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.output import write
from gateway.ops.secrets_file import MAKERS, write_private

MADE_FOR_ALL: Final = ("SECRET_KEY", "SWITCHYARD_KEK", "SWITCHYARD_KEY_PEPPER")
SUPERUSER: Final = "postgres"
REDIS: Final = "redis"
# Made first; every other file of the servers follows from them, so an interrupted run can go on.
PASSWORDS: Final[Mapping[str, str]] = {
    SUPERUSER: "postgres/password",
    OWNER_LOGIN: "owner/password",
    APP_LOGIN: "app/password",
    REDIS: "redis/password",
}
CLOSED_FOLDER: Final = 0o700
OPEN_FOLDER: Final = 0o755
OPEN_FILE: Final = 0o644
FOLDER_MODES: Final[Mapping[str, int]] = {
    "app": CLOSED_FOLDER,
    "owner": CLOSED_FOLDER,
    "postgres": OPEN_FOLDER,
    "redis": OPEN_FOLDER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Servers:
    """Where the deployment's services answer, each as host:port."""

    postgres: str
    redis: str
    cache: str
    database: str


def run(arguments: Namespace, _: Configuration) -> int:
    servers = Servers(
        postgres=arguments.postgres,
        redis=arguments.redis,
        cache=arguments.cache,
        database=arguments.database,
    )
    try:
        written = init_secrets(Path(arguments.directory), servers=servers)
    except OSError as error:
        raise CommandFailed(
            f"{error.filename}: {error.strerror}; it must be writable by uid {os.geteuid()}",
            status=Exit.USAGE,
        ) from None
    kept = "" if written else "; all files were there and were kept"
    write("\n".join([*written, f"{len(written)} files written to {arguments.directory}{kept}"]))
    return Exit.OK


def init_secrets(directory: Path, *, servers: Servers) -> list[str]:
    """The names of the files written; those that exist are kept as they are."""
    for folder, mode in FOLDER_MODES.items():
        path = directory / folder
        if not path.is_dir():
            path.mkdir(parents=True)
            path.chmod(mode)
    made = {f"app/{name}": MAKERS[name] for name in MADE_FOR_ALL}
    made |= dict.fromkeys(PASSWORDS.values(), _password)
    written = [name for name, maker in made.items() if _write_once(directory / name, maker())]
    passwords = {
        name: (directory / path).read_text(encoding="utf-8").strip()
        for name, path in PASSWORDS.items()
    }
    derived = _derived_files(passwords, servers=servers)
    return written + [name for name, text in derived.items() if _write_once(directory / name, text)]


def _derived_files(passwords: Mapping[str, str], *, servers: Servers) -> dict[str, str]:
    def postgres_url(login: str, *, database: str) -> str:
        return f"postgresql://{login}:{passwords[login]}@{servers.postgres}/{database}"

    def redis_url(server: str) -> str:
        return f"redis://:{passwords[REDIS]}@{server}/0"

    return {
        "postgres/url": postgres_url(SUPERUSER, database=SUPERUSER),
        "owner/DATABASE_OWNER_URL": postgres_url(OWNER_LOGIN, database=servers.database),
        "app/DATABASE_URL": postgres_url(APP_LOGIN, database=servers.database),
        "app/REDIS_URL": redis_url(servers.redis),
        "app/CACHE_REDIS_URL": redis_url(servers.cache),
        "redis/password.conf": f"requirepass {passwords[REDIS]}",
    }


def _password() -> str:
    return secrets.token_urlsafe(24)


def _write_once(path: Path, text: str) -> bool:
    if path.exists():
        return False
    write_private(path, f"{text}\n")
    if FOLDER_MODES[path.parent.name] == OPEN_FOLDER:
        path.chmod(OPEN_FILE)
    return True
