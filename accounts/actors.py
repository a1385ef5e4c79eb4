"""Who does something: the value every service takes and every audit row names."""

from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

ActorType = Literal["user", "key", "master", "system", "cli"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    type: ActorType
    id: str = ""
    label: str = ""
    ip: str | None = None
    user_agent: str = ""
    request_id: str = ""

    @property
    def user_id(self) -> UUID | None:
        return UUID(self.id) if self.type == "user" else None


SYSTEM: Final = Actor(type="system", label="system")
CLI: Final = Actor(type="cli", label="command line")
