"""The two embedded Valkeys: `state` must never evict, `cache` may forget everything."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

import redis

from gateway.ops.secrets_file import write_private

Role = Literal["state", "cache"]
COMMON: Final = (
    "bind 127.0.0.1",
    "protected-mode yes",
    "databases 64",
    "daemonize no",
    'save ""',
    'logfile ""',
)
BY_ROLE: Final[Mapping[Role, tuple[str, ...]]] = {
    "state": (
        "appendonly yes",
        "appendfsync everysec",
        "maxmemory 512mb",
        "maxmemory-policy noeviction",
    ),
    "cache": ("appendonly no", "maxmemory 128mb", "maxmemory-policy allkeys-lru"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ValkeyServer:
    role: Role
    program: Path
    folder: Path
    port: int
    password: str = field(repr=False)

    def configure(self) -> None:
        """Written at every start, so that the file always says what runs."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = [*COMMON, *BY_ROLE[self.role], f"port {self.port}", f"dir {_quoted(self.folder)}"]
        write_private(self.config, "\n".join([*lines, f"requirepass {self.password}", ""]))

    @property
    def config(self) -> Path:
        return self.folder / "valkey.conf"

    def command(self) -> list[str]:
        return [str(self.program), str(self.config)]

    def accepts(self) -> bool:
        with (
            suppress(redis.RedisError),
            redis.Redis.from_url(self.url(), socket_timeout=1) as client,
        ):
            return bool(client.ping())
        return False

    def url(self, *, index: int = 0) -> str:
        return f"redis://:{self.password}@127.0.0.1:{self.port}/{index}"


def _quoted(path: Path) -> str:
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"'
