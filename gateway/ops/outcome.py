"""How a command ends: the exit statuses and the one exception that carries them."""

from enum import IntEnum


class Exit(IntEnum):
    OK = 0
    FINDING = 1
    USAGE = 2
    BUSY = 3
    UNAVAILABLE = 4


class CommandFailed(Exception):
    """What happened and what to do next, in words for the terminal, with the exit status."""

    def __init__(self, message: str, *, status: Exit) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
