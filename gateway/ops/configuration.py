"""The settings of one process: flag > environment > .env > made by switchyard up > default."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway import env
from gateway.ops.outcome import CommandFailed, Exit

PROJECT: Final = Path(__file__).resolve().parents[2]
SECRETS_FILE, ADDRESSES_FILE = env.GENERATED_FILES
# Apart from the other addresses: only commands read it, and hand it to what migrates.
OWNER_FILE: Final = "owner.env"
DOTENV: Final = PROJECT / ".env"
# Relative to where the first program is started, not to where its children run.
FOLDERS: Final = ("VAR_DIR", "SPOOL_DIR", "AUDIT_LOG_DIR", "ARCHIVE_DIR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Everything below VAR_DIR that has a fixed name."""

    var: Path

    @property
    def lock(self) -> Path:
        return self.var / "lock"

    @property
    def ports(self) -> Path:
        return self.var / "embedded.json"

    @property
    def secrets(self) -> Path:
        return self.var / SECRETS_FILE

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def run(self) -> Path:
        return self.var / "run"

    @property
    def snapshot(self) -> Path:
        return self.var / "snapshot"


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    values: Mapping[str, Any]
    given: Mapping[str, str]
    made: Mapping[str, str]
    flags: Mapping[str, str]

    @property
    def paths(self) -> Paths:
        return Paths(var=Path(self.values["VAR_DIR"]).resolve())

    def source(self, name: str) -> str:
        if name in self.flags:
            return "flag"
        if name in os.environ or f"{name}_FILE" in os.environ:
            return "environment"
        if self.given.get(name):
            return ".env"
        return "switchyard up" if name in self.made else "default"

    def environment(self) -> dict[str, str]:
        """The process environment for this program and its children: what was given wins."""
        folders = {
            name: str(Path(self.values[name]).resolve()) for name in FOLDERS if self.values[name]
        }
        return {**os.environ, **self.made, **self.flags, **folders}


def load_configuration(*, flags: Mapping[str, str] | None = None) -> Configuration:
    """Raises CommandFailed with one line per bad value."""
    flags = flags or {}
    try:
        given = env.read_given(environment={**os.environ, **flags}, dotenv=DOTENV)
        var_dir = Path(given.get("VAR_DIR") or env.BY_NAME["VAR_DIR"].default)
        made = env.read_made(var_dir=var_dir, given=given, files=(*env.GENERATED_FILES, OWNER_FILE))
        values = env.parse({**given, **made})
    except env.BadSettings as bad:
        raise CommandFailed(str(bad), status=Exit.USAGE) from None
    except OSError as error:
        raise CommandFailed(f"{error.filename}: {error.strerror}", status=Exit.USAGE) from None
    return Configuration(values=values, given=given, made=made, flags=flags)


def enter(configuration: Configuration) -> None:
    """Makes it this process's environment, so that Django's settings see the same."""
    os.environ.update(configuration.environment())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")
