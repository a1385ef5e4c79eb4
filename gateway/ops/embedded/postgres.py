"""The embedded PostgreSQL: cluster, command line, logins.

Laws: TCP on 127.0.0.1 only, passwords everywhere; the product never connects as postgres, whose
session could run programs of the operating system.
"""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import psycopg

from gateway.ops.embedded.account import Account, popen_arguments
from gateway.ops.embedded.binaries import PostgresBinaries
from gateway.ops.logins import APP_LOGIN, OWNER_LOGIN, create_database, create_login
from gateway.ops.outcome import CommandFailed, Exit

DATABASE: Final = "switchyard"
BUILTIN_LOCALE_SINCE: Final = 17
SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "max_connections": "100",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Passwords:
    superuser: str = field(repr=False)
    owner: str = field(repr=False)
    app: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresCluster:
    binaries: PostgresBinaries
    data: Path
    port: int
    account: Account | None
    passwords: Passwords
    overrides: Mapping[str, str] = field(default_factory=dict)

    def initialise(self, *, durable: bool = True) -> None:
        """Nothing when the cluster exists; refuses one made by another major version."""
        version = self.data / "PG_VERSION"
        if version.is_file():
            _refuse_other_major(int(version.read_text(encoding="ascii")), self)
            return
        fresh = self.data.with_name(f"{self.data.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        password_file = self.data.with_name(f"{self.data.name}.password")
        try:
            password_file.touch(mode=0o600)
            password_file.write_text(self.passwords.superuser, encoding="utf-8")
            if self.account:
                for path in (fresh, password_file):
                    os.chown(path, self.account.uid, self.account.gid)
            self._initdb(fresh, password_file, durable=durable)
        finally:
            password_file.unlink(missing_ok=True)
        fresh.rename(self.data)

    def _initdb(self, folder: Path, password_file: Path, *, durable: bool) -> None:
        locale = (
            ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
            if self.binaries.major >= BUILTIN_LOCALE_SINCE
            else ["--no-locale"]
        )
        done = subprocess.run(
            [
                self.binaries.program("initdb"),
                *("-U", "postgres", "--auth=scram-sha-256", f"--pwfile={password_file}"),
                *("--encoding=UTF8", "--no-instructions", *locale),
                *([] if durable else ["--no-sync"]),
                *("-D", str(folder)),
            ],
            check=False,
            capture_output=True,
            text=True,
            cwd="/",
            env=server_environment(),
            **popen_arguments(self.account),
        )
        if done.returncode:
            raise CommandFailed(
                f"initdb failed:\n{done.stdout}{done.stderr}", status=Exit.UNAVAILABLE
            )

    def command(self) -> list[str]:
        settings = {**SETTINGS, "port": str(self.port), **self.overrides}
        flags = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self.binaries.program("postgres"), "-D", str(self.data), *flags]

    def accepts(self) -> bool:
        probe = [
            self.binaries.program("pg_isready"),
            "-q",
            "-h",
            "127.0.0.1",
            "-p",
            str(self.port),
            "-t",
            "1",
        ]
        return subprocess.run(probe, check=False, env=server_environment()).returncode == 0

    def provide_logins(self) -> None:
        """The two logins and the database; safe to repeat, passwords follow the secrets file."""
        try:
            connection = self.connect_as_superuser()
        except psycopg.OperationalError as error:
            raise CommandFailed(
                f"The embedded PostgreSQL in {self.data} does not let its superuser in: {error}",
                status=Exit.UNAVAILABLE,
            ) from None
        with connection:
            create_login(connection, name=OWNER_LOGIN, password=self.passwords.owner)
            create_login(connection, name=APP_LOGIN, password=self.passwords.app)
            create_database(connection, name=DATABASE, owner=OWNER_LOGIN, reader=APP_LOGIN)

    def connect_as_superuser(self) -> psycopg.Connection[tuple[Any, ...]]:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user="postgres",
            password=self.passwords.superuser,
            dbname="postgres",
            autocommit=True,
        )

    def url(self, *, owner: bool, database: str = DATABASE) -> str:
        login, password = (
            (OWNER_LOGIN, self.passwords.owner) if owner else (APP_LOGIN, self.passwords.app)
        )
        return f"postgresql://{login}:{password}@127.0.0.1:{self.port}/{database}"


def server_environment() -> dict[str, str]:
    # A locale of the caller that this machine lacks would make initdb and postgres refuse to start.
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LC_", "PG", "LANG"))
    }
    return {**kept, "LC_ALL": "C"}


def _refuse_other_major(found: int, cluster: PostgresCluster) -> None:
    if found != cluster.binaries.major:
        raise CommandFailed(
            f"{cluster.data} was made by PostgreSQL {found}, "
            f"the binaries here are {cluster.binaries.major}. Take a backup with "
            f"PostgreSQL {found} (pg_dump), move the folder away, start, and restore it "
            f"(pg_restore); or run PostgreSQL {found} yourself and set DATABASE_URL",
            status=Exit.UNAVAILABLE,
        )
