"""Documentation that can be followed: links, index, and the two READMEs saying the same."""

import re
from pathlib import Path
from typing import Final

import pytest

from tests.contracts.pages import FENCE, anchors, headings, links, pages
from tests.contracts.tree import ROOT, shown

PARTS: Final = ("tutorials", "how-to", "reference", "explanation", "decisions")
CHANGES: Final = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
RELEASE: Final = re.compile(
    r"\[(?:Unreleased|\d+\.\d+\.\d+)\](?: - (?:\d{4}-\d{2}-\d{2}|unreleased))?"
)


@pytest.mark.parametrize("page", list(pages()), ids=shown)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    broken = []
    for link in links(page):
        if not link.path.exists():
            broken.append(link.path.name)
        elif link.anchor and link.path.suffix == ".md" and link.anchor not in anchors(link.path):
            broken.append(f"{link.path.name}#{link.anchor}")
    assert not broken


def test_every_page_is_reached_from_the_index() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "docs" / "README.md"]
    while waiting:
        page = waiting.pop()
        if page not in reached and page.is_relative_to(ROOT / "docs"):
            reached.add(page)
            waiting += [link.path for link in links(page) if link.path.suffix == ".md"]
    below = {page for page in pages() if page.is_relative_to(ROOT / "docs")}
    assert not [shown(page) for page in below - reached]


def test_docs_have_the_four_parts_and_the_decisions() -> None:
    assert not [part for part in PARTS if not list((ROOT / "docs" / part).glob("*.md"))]


@pytest.mark.parametrize("page", list(pages()), ids=shown)
def test_a_page_has_one_title_and_closed_fences(page: Path) -> None:
    assert [depth for depth, _ in headings(page)].count(1) == 1
    assert "```" not in FENCE.sub("", page.read_text(encoding="utf-8"))


def test_decisions_are_numbered_in_order_and_have_their_three_parts() -> None:
    found = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
    assert [page.name[:4] for page in found] == [
        f"{number:04}" for number in range(1, len(found) + 1)
    ]
    for page in found:
        assert [text for depth, text in headings(page) if depth == 2] == [
            "Context",
            "Decision",
            "Consequences",
        ], page.name


def test_readme_names_the_two_commands_and_says_the_same_in_both_languages() -> None:
    english, chinese = ROOT / "README.md", ROOT / "README.zh-CN.md"
    for page in (english, chinese):
        text = page.read_text(encoding="utf-8")
        assert "make up" in text
        assert "make test" in text
    assert [depth for depth, _ in headings(english)] == [depth for depth, _ in headings(chinese)]
    rows = [
        [
            line.count("|")
            for line in page.read_text(encoding="utf-8").splitlines()
            if line[:1] == "|"
        ]
        for page in (english, chinese)
    ]
    assert rows[0] == rows[1]


def test_every_tutorial_exists_in_chinese_with_the_same_sections() -> None:
    for page in (ROOT / "docs" / "tutorials").glob("*.md"):
        other = page.parent / "zh-CN" / page.name
        assert other.is_file(), shown(other)
        assert [depth for depth, _ in headings(page)] == [depth for depth, _ in headings(other)]


def test_changelog_keeps_its_form() -> None:
    found = headings(ROOT / "CHANGELOG.md")
    assert found[0] == (1, "Changelog")
    assert all(RELEASE.fullmatch(text) for depth, text in found if depth == 2)
    assert not [text for depth, text in found if depth == 3 and text not in CHANGES]
    assert max(depth for depth, _ in found) == 3
