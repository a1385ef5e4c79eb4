"""`switchyard init-secrets DIR`: the secrets of a deployment in containers, one file each.

Laws: a file that exists is never written again, for losing the key-encryption key or the pepper loses
every stored credential and every issued key; what a container does not need lies in a folder it does
not mount. Files are named after the setting that reads them, by NAME_FILE:

app/       what every process of the product reads, 0600
owner/     DATABASE_OWNER_URL: migrations and the task worker, 0600
postgres/  the server's superuser, read by the server and by whoever makes the two logins
redis/     one configuration per role, read by the servers

The last two are open to other users, because servers run under their own.
"""

import os
import secrets
from argparse import Namespace
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.ops.commands import write
from gateway.ops.configuration import Configuration
from gateway.ops.logins import APP_LOGIN, OWNER_LOGIN
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.secrets_file import MAKERS, write_private

MADE_FOR_ALL: Final = ("SECRET_KEY", "SWITCHYARD_KEK", "SWITCHYARD_KEY_PEPPER")
SUPERUSER: Final = "postgres"
FOLDER_MODES: Final[Mapping[str, int]] = {
    "app": 0o700,
    "owner": 0o700,
    "postgres": 0o755,
    "redis": 0o755,
}
SHARED_FILE_MODE: Final = 0o644


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
    return [
        name
        for texts in (_application_files(), _server_files(directory, servers=servers))
        for name, text in texts.items()
        if _write_once(directory / name, text)
    ]


def _application_files() -> dict[str, str]:
    return {f"app/{name}": MAKERS[name]() for name in MADE_FOR_ALL}


def _server_files(directory: Path, *, servers: Servers) -> dict[str, str]:
    """A password stands in a server's file and in its clients' URLs, so all are made in one go."""
    passwords = {name: secrets.token_urlsafe(24) for name in (SUPERUSER, OWNER_LOGIN, APP_LOGIN)}
    redis_password = secrets.token_urlsafe(24)
    where = f"{servers.postgres}/{servers.database}"
    urls = {name: f"postgresql://{name}:{password}@{where}" for name, password in passwords.items()}
    texts = {
        "postgres/password": passwords[SUPERUSER],
        "postgres/url": urls[SUPERUSER],
        "owner/DATABASE_OWNER_URL": urls[OWNER_LOGIN],
        "app/DATABASE_URL": urls[APP_LOGIN],
        "redis/password.conf": f"requirepass {redis_password}",
        "app/REDIS_URL": f"redis://:{redis_password}@{servers.redis}/0",
        "app/CACHE_REDIS_URL": f"redis://:{redis_password}@{servers.cache}/0",
    }
    present = [name for name in texts if (directory / name).exists()]
    if present and len(present) < len(texts):
        missing = ", ".join(sorted(texts.keys() - set(present)))
        raise CommandFailed(
            f"{directory} has some files of the servers but not {missing}; "
            "they belong together: put the missing ones back from a copy",
            status=Exit.USAGE,
        )
    return texts


def _write_once(path: Path, text: str) -> bool:
    if path.exists():
        return False
    write_private(path, f"{text}\n")
    if path.parent.name in {"postgres", "redis"}:
        path.chmod(SHARED_FILE_MODE)
    return True
