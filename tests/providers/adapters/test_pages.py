"""The pages of the reference name every kind, model and knob."""

from pathlib import Path
from typing import Final

import pytest

from providers.adapters.mock.knobs import KNOBS, MODELS
from providers.adapters.registry import ADAPTERS
from tests.contracts.tree import ROOT

REFERENCE: Final[Path] = ROOT / "docs" / "reference"


def first_column(page: str, heading: str) -> set[str]:
    """The first words of the table below a heading."""
    _, _, below = (REFERENCE / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    rows = [line for line in below.partition("\n## ")[0].splitlines() if line.startswith("| `")]
    return {row.split("`")[1] for row in rows}


@pytest.mark.parametrize(
    ("page", "heading", "names"),
    [
        ("back-ends.md", "Kinds", set(ADAPTERS)),
        ("mock-provider.md", "Models", set(MODELS)),
        ("mock-provider.md", "Knobs", set(KNOBS)),
    ],
)
def test_a_table_names_all_there_are(page: str, heading: str, names: set[str]) -> None:
    assert first_column(page, heading) == names
