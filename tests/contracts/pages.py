"""Reading Markdown: the links, headings and fences of a page."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.contracts.tree import ROOT, files

LINK: Final = re.compile(r"(?<!!)\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
IMAGE: Final = re.compile(r"!\[[^\]]*\]\((?P<target>[^)\s]+)\)")
HEADING: Final = re.compile(r"^(?P<depth>#{1,6}) (?P<text>.+)$", re.MULTILINE)
FENCE: Final = re.compile(
    r"^(?P<indent>[ ]*)```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    page: Path
    path: Path
    anchor: str


def pages() -> Iterator[Path]:
    yield from (path for path in ROOT.glob("*.md"))
    yield from files(".md", below="docs")


def prose(page: Path) -> str:
    """The page without its fenced code, whose brackets are no links."""
    return FENCE.sub("", page.read_text(encoding="utf-8"))


def headings(page: Path) -> list[tuple[int, str]]:
    return [(len(found["depth"]), found["text"]) for found in HEADING.finditer(prose(page))]


def anchors(page: Path) -> set[str]:
    """As the usual renderers make them: lower case, punctuation gone, blanks to hyphens."""
    plain = (re.sub(r"[`*]", "", text).lower() for _, text in headings(page))
    made = {re.sub(r"[^\w\- ]", "", text).replace(" ", "-") for text in plain}
    return made | set(re.findall(r'<a id="([^"]+)">', page.read_text(encoding="utf-8")))


def links(page: Path) -> Iterator[Link]:
    """Links into the repository; addresses elsewhere are not followed."""
    text = re.sub(r"`[^`\n]*`", "", prose(page))
    for found in [*LINK.finditer(text), *IMAGE.finditer(text)]:
        target, _, anchor = found["target"].partition("#")
        if "://" not in target and not target.startswith("mailto:"):
            path = (page.parent / target).resolve() if target else page
            yield Link(page=page, path=path, anchor=anchor)
