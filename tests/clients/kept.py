"""What the fixture `keep` is to a test."""

from typing import Protocol, TypeVar


class Closable(Protocol):
    def close(self) -> object: ...


Client = TypeVar("Client", bound=Closable)


class Keep(Protocol):
    def __call__(self, client: Client, /) -> Client: ...
