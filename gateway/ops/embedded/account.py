"""The system account PostgreSQL runs as: it refuses uid 0, so root starts it as somebody else."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.ops.outcome import CommandFailed, Exit


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    name: str
    uid: int
    gid: int

    def popen_arguments(self) -> dict[str, Any]:
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def postgres_account(*, name: str) -> Account | None:
    """None when this process is not root and may run PostgreSQL itself."""
    if os.geteuid() != 0:
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise CommandFailed(
            f"EMBEDDED_PG_USER={name}: no such system user; name an existing one other than root",
            status=Exit.USAGE,
        ) from None
    if entry.pw_uid == 0:
        raise CommandFailed(
            f"EMBEDDED_PG_USER={name}: PostgreSQL refuses to run as root", status=Exit.USAGE
        )
    return Account(name=name, uid=entry.pw_uid, gid=entry.pw_gid)


def popen_arguments(account: Account | None) -> dict[str, Any]:
    return account.popen_arguments() if account else {}


def may_enter(path: Path, *, account: Account | None) -> bool:
    """Asked as the account itself: only the kernel knows every parent directory and ACL."""
    done = subprocess.run(
        ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
        check=False,
        cwd="/",
        **popen_arguments(account),
    )
    return done.returncode == 0
