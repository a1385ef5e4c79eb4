"""What there is to say about one code of a problem."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    status: int
    title: str
    meaning: str
    cause: str
    fix: str
    retry: bool = False


def row(status: int, title: str, meaning: str, cause: str, fix: str) -> Problem:
    """Overload, a stall and our own faults may pass; what is wrong with a request stays wrong."""
    return Problem(
        status=status,
        title=title,
        meaning=meaning,
        cause=cause,
        fix=fix,
        retry=status in {408, 429, 500, 503},
    )
