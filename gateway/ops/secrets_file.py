"""`var/secrets.env`: what no operator has given is made once and kept, mode 0600.

Law: a name is never made again while the file has it, for losing the key-encryption key or the
pepper loses every stored credential and every issued key.
"""

import base64
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

HEADER: Final = (
    "# Made once by switchyard up. Keep a copy in a safe place: backups leave these values out,\n"
    "# and without SWITCHYARD_KEK and SWITCHYARD_KEY_PEPPER no stored secret can be read again.\n"
)


def _password() -> str:
    return secrets.token_urlsafe(24)


MAKERS: Final[Mapping[str, Callable[[], str]]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(48),
    "SWITCHYARD_KEK": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    "SWITCHYARD_KEY_PEPPER": lambda: secrets.token_urlsafe(48),
    "EMBEDDED_POSTGRES_PASSWORD": _password,
    "EMBEDDED_OWNER_PASSWORD": _password,
    "EMBEDDED_APP_PASSWORD": _password,
    "EMBEDDED_REDIS_PASSWORD": _password,
}


def read_secrets(path: Path) -> dict[str, str]:
    if not path.is_file():
        return {}
    rows = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines())
    return {name: value for name, mark, value in rows if mark and not name.startswith("#")}


def ensure_secrets(path: Path, *, given: Mapping[str, str]) -> dict[str, str]:
    """The file's values, after making those that neither it nor the environment has."""
    known = read_secrets(path)
    missing = [name for name in MAKERS if name not in known and not given.get(name)]
    if missing:
        known.update((name, MAKERS[name]()) for name in missing)
        write_private(path, HEADER + "".join(f"{name}={value}\n" for name, value in known.items()))
    return known


def write_private(path: Path, text: str) -> None:
    """Atomic, and readable by its owner only from the first byte on."""
    fresh = path.with_name(f"{path.name}.{os.getpid()}.new")
    fresh.unlink(missing_ok=True)
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(path)
