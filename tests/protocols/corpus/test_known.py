"""Exceptions to the laws are few, told with their reasons, and never about what is paid for."""

from typing import Final

from tests.protocols.corpus.laws import KNOWN

MOST: Final = 20


def test_exceptions_are_few_and_have_reasons() -> None:
    reasons = [reason for law in KNOWN.values() for reason in law.values()]
    assert len(reasons) <= MOST
    assert all(reasons)


def test_no_exception_is_about_usage() -> None:
    assert "usage" not in KNOWN
