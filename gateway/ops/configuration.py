"""The settings as one process sees them: flag > environment > .env > made by switchyard up > default."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from gateway import env
from gateway.ops.ports import read_ports
from gateway.ops.logins import APP_LOGIN, OWNER_LOGIN
from gateway.ops.outcome import CommandFailed, Exit
from gateway.ops.secrets_file import read_secrets

PROJECT: Final = Path(__file__).resolve().parents[2]
DOTENV: Final = PROJECT / ".env"
DATABASE: Final = "switchyard"


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
        return self.var / "secrets.env"

    @property
    def logs(self) -> Path:
        return self.var / "log"

    @property
    def run(self) -> Path:
        return self.var / "run"


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
        missing = {name: value for name, value in self.made.items() if not self.given.get(name)}
        return {**os.environ, **missing, **self.flags, "VAR_DIR": str(self.paths.var)}


def load_configuration(*, flags: Mapping[str, str] | None = None) -> Configuration:
    """Raises CommandFailed with one line per bad value."""
    flags = flags or {}
    try:
        given = env.read_environment(environment={**os.environ, **flags}, dotenv=DOTENV)
        var = Path(env.parse(given)["VAR_DIR"]).resolve()
        made = _not_given(made_by_up(Paths(var=var)), given=given)
        values = env.parse({**made, **{name: value for name, value in given.items() if value}})
    except env.BadSettings as bad:
        raise CommandFailed(str(bad), status=Exit.USAGE) from None
    except OSError as error:
        raise CommandFailed(f"{error.filename}: {error.strerror}", status=Exit.USAGE) from None
    return Configuration(values=values, given=given, made=made, flags=flags)


def made_by_up(paths: Paths) -> dict[str, str]:
    """Secrets and addresses of the embedded services, as the last `switchyard up` left them."""
    kept = read_secrets(paths.secrets)
    ports = read_ports(paths.ports)
    made = {name: value for name, value in kept.items() if name in env.BY_NAME}
    if "postgres" in ports:
        at = f"@127.0.0.1:{ports['postgres']}/{DATABASE}"
        made["DATABASE_URL"] = f"postgresql://{APP_LOGIN}:{kept['EMBEDDED_APP_PASSWORD']}{at}"
        made["DATABASE_OWNER_URL"] = (
            f"postgresql://{OWNER_LOGIN}:{kept['EMBEDDED_OWNER_PASSWORD']}{at}"
        )
    for child, name in (("valkey-state", "REDIS_URL"), ("valkey-cache", "CACHE_REDIS_URL")):
        if child in ports:
            made[name] = f"redis://:{kept['EMBEDDED_REDIS_PASSWORD']}@127.0.0.1:{ports[child]}/0"
    return made


def _not_given(made: Mapping[str, str], *, given: Mapping[str, str]) -> dict[str, str]:
    # A server of the operator's replaces the embedded one with all its addresses.
    replaced = {
        owned
        for address, owned in (
            ("DATABASE_URL", "DATABASE_OWNER_URL"),
            ("REDIS_URL", "CACHE_REDIS_URL"),
        )
        if given.get(address)
    }
    return {
        name: value for name, value in made.items() if not given.get(name) and name not in replaced
    }


def enter(configuration: Configuration) -> None:
    """Makes the configuration this process's environment, so that Django's settings see the same."""
    os.environ.update(configuration.environment())
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "gateway.settings")
