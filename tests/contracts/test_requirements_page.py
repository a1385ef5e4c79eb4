"""docs/explanation/requirements.md answers every requirement of the product, once and honestly."""

import re
from typing import Final

import pytest

from tests.contracts.pages import links
from tests.contracts.tree import ROOT

PAGE: Final = ROOT / "docs" / "explanation" / "requirements.md"
# Area → number of requirements in it.
AREAS: Final = {
    "A": 14,
    "B": 10,
    "C": 6,
    "D": 6,
    "E": 6,
    "F": 3,
    "G": 10,
    "H": 8,
    "I": 3,
    "J": 5,
    "K": 2,
    "L": 4,
    "M": 8,
    "N": 4,
    "O": 3,
    "P": 8,
    "Q": 6,
}
IDS: Final = [
    f"R-{area}{number}" for area, count in AREAS.items() for number in range(1, count + 1)
]
ROW: Final = re.compile(
    r"^\| (?P<id>R-\w+) \| (?P<what>[^|]+) \| (?P<state>[^|]+) \|(?P<where>[^|]*)\|$",
    re.MULTILINE,
)
STATES: Final = {"done", "done differently", "absent"}
SHORTEST_REASON: Final = 20


def rows() -> list[re.Match[str]]:
    return list(ROW.finditer(PAGE.read_text(encoding="utf-8")))


def test_every_requirement_has_exactly_one_row_in_order() -> None:
    assert [row["id"] for row in rows()] == IDS


def test_every_row_says_one_of_three_things() -> None:
    assert not [row["id"] for row in rows() if row["state"] not in STATES]


@pytest.mark.parametrize("state", ["done", "done differently"])
def test_what_is_done_links_to_where(state: str) -> None:
    unproved = [row["id"] for row in rows() if row["state"] == state and "](" not in row["where"]]
    assert not unproved


def test_what_is_done_differently_says_why() -> None:
    told = {
        row["id"]: re.sub(r"\]\([^)]*\)", "", row["where"])
        for row in rows()
        if row["state"] == "done differently"
    }
    assert not [name for name, reason in told.items() if len(reason) < SHORTEST_REASON]


def test_every_link_of_the_page_resolves() -> None:
    assert not [str(link.path) for link in links(PAGE) if not link.path.exists()]
