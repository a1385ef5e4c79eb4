"""Which servers this machine has to run itself, built from the settings and from `var/`."""

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.ops.configuration import Configuration, Paths
from gateway.ops.embedded.account import Account, may_enter, postgres_account
from gateway.ops.embedded.binaries import find_postgres, find_valkey, reachable_postgres
from gateway.ops.embedded.postgres import Passwords, PostgresCluster
from gateway.ops.embedded.valkey import Role, ValkeyServer
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.ports import choose_ports
from gateway.ops.secrets_file import ensure_secrets

SHELTER: Final = Path("/var/lib/switchyard")
URL_BY_ROLE: Final[Mapping[Role, str]] = {"state": "REDIS_URL", "cache": "CACHE_REDIS_URL"}
VALKEY_ROLES: Final[tuple[Role, ...]] = ("state", "cache")


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    postgres: PostgresCluster | None
    valkeys: tuple[ValkeyServer, ...]

    def addresses(self) -> dict[str, str]:
        """The settings by which every other process finds them."""
        urls: dict[str, str] = {}
        if self.postgres:
            urls["DATABASE_URL"] = self.postgres.url(owner=False)
        urls.update((URL_BY_ROLE[valkey.role], valkey.url()) for valkey in self.valkeys)
        return urls

    def owner_address(self) -> dict[str, str]:
        return {"DATABASE_OWNER_URL": self.postgres.url(owner=True)} if self.postgres else {}


def provide_folders(paths: Paths) -> None:
    """When root makes `var/`, others may pass: PostgreSQL lives below it as another user."""
    try:
        if not paths.var.is_dir():
            paths.var.mkdir(parents=True)
            paths.var.chmod(0o711 if os.geteuid() == 0 else 0o700)
        for folder in (paths.logs, paths.run):
            folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise CommandFailed(
            f"VAR_DIR={paths.var}: {error.filename}: {error.strerror}", status=Exit.USAGE
        ) from None


def plan_services(configuration: Configuration) -> Services:
    """Finds binaries, makes secrets, keeps ports; starts nothing."""
    given = configuration.given
    wants_postgres = not given.get("DATABASE_URL")
    roles = [] if given.get("REDIS_URL") else list(VALKEY_ROLES)
    if given.get("CACHE_REDIS_URL"):
        roles = [role for role in roles if role != "cache"]
    values = configuration.values
    postgres_binaries = find_postgres(pg_bin=values["PG_BIN"]) if wants_postgres else None
    valkey_program = find_valkey(redis_bin=values["REDIS_BIN"]) if roles else None
    paths = configuration.paths
    account = postgres_account(name=values["EMBEDDED_PG_USER"]) if postgres_binaries else None
    home = _postgres_home(paths.var, account=account) if postgres_binaries else paths.var
    _refuse_lost_secrets(paths.secrets, data=home / "postgres")
    made = ensure_secrets(paths.secrets, given=given)
    names = ["postgres"] * wants_postgres + [f"valkey-{role}" for role in roles]
    ports = choose_ports(paths.ports, names=names)
    postgres = None
    if postgres_binaries is not None:
        postgres = PostgresCluster(
            binaries=reachable_postgres(
                postgres_binaries, account=account, shelter=_shelter(paths.var)
            ),
            data=home / "postgres",
            port=ports["postgres"],
            account=account,
            passwords=Passwords(
                superuser=made["EMBEDDED_POSTGRES_PASSWORD"],
                owner=made["EMBEDDED_OWNER_PASSWORD"],
                app=made["EMBEDDED_APP_PASSWORD"],
            ),
        )
    valkeys = tuple(
        ValkeyServer(
            role=role,
            program=valkey_program,
            folder=paths.var / f"valkey-{role}",
            port=ports[f"valkey-{role}"],
            password=made["EMBEDDED_REDIS_PASSWORD"],
        )
        for role in roles
        if valkey_program is not None
    )
    return Services(postgres=postgres, valkeys=valkeys)


def _refuse_lost_secrets(secrets: Path, *, data: Path) -> None:
    """New passwords would not open the old data, and a new key none of its stored secrets."""
    if data.is_dir() and not secrets.is_file():
        raise CommandFailed(
            f"{secrets} is missing, and {data} was made with it. Put your copy of it back; "
            f"without one, move {data} away to begin anew",
            status=Exit.USAGE,
        )


def _postgres_home(var: Path, *, account: Account | None) -> Path:
    if may_enter(var, account=account):
        return var
    home = _shelter(var)
    home.mkdir(parents=True, exist_ok=True)
    if not may_enter(home, account=account):
        name = account.name if account else ""
        raise CommandFailed(
            f"Neither {var} nor {home} is open to the user {name}", status=Exit.UNAVAILABLE
        )
    return home


def _shelter(var: Path) -> Path:
    """A place outside closed home directories, one per VAR_DIR."""
    return SHELTER / hashlib.sha256(str(var).encode()).hexdigest()[:16]
