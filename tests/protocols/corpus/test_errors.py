"""What a vendor refuses is told in every dialect with its class of status and in its words."""

from collections.abc import Iterator

from protocols.errors import Problem
from protocols.ir import Dialect
from protocols.registry import NATIVE
from tests.protocols.corpus import Record, dialect_of
from tests.protocols.corpus.laws import EVERY_API, Keep, broken, pytestmark  # noqa: F401


def error_problems(record: Record) -> Iterator[str] | None:
    dialect = dialect_of(record.api)
    if dialect is None or dialect not in NATIVE or record.response.status < 400:
        return None
    return _error_problems(NATIVE[dialect].problem(record.response.status, record.response.body, 2))


def _error_problems(problem: Problem) -> Iterator[str]:
    for other in NATIVE:
        again = _told(other, problem)
        if again.message != problem.message:
            yield f"{other}: {again.message!r:.90} instead of {problem.message!r:.90}"
        if again.http_status // 100 != problem.http_status // 100:
            yield f"{other}: {again.http_status} instead of {problem.http_status}"


def _told(dialect: Dialect, problem: Problem) -> Problem:
    told = NATIVE[dialect].encode_error(problem, "req_1")
    return NATIVE[dialect].problem(told.status, told.body, None)


@EVERY_API
def test_an_error_keeps_its_class_and_its_words_in_every_dialect(
    api: str, record_property: Keep
) -> None:
    assert broken("translated errors", api, error_problems, record_property) == []
