"""What the contract tests look at: the files of the repository, as they stand on disk."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PACKAGES: Final = (
    "accounts",
    "billing",
    "gateway",
    "policies",
    "protocols",
    "providers",
    "routing",
)
# Installed, built or made at run time; never part of the repository.
NOT_OURS: Final = frozenset(
    {
        ".git",
        ".venv",
        ".hypothesis",
        ".import_linter_cache",
        ".mypy_cache",
        ".pytest_cache",
        ".ruff_cache",
        ".schemathesis",
        "__pycache__",
        "node_modules",
        "dist",
        "var",
        "logs",
        "test-results",
        "playwright-report",
    }
)
BINARY: Final = frozenset({".bin", ".png", ".ico", ".woff2", ".gz", ".br", ".pyc"})


def files(*suffixes: str, below: str = ".") -> Iterator[Path]:
    """Files of the repository with one of the suffixes; every file when none is given."""
    for folder, names, leaves in os.walk(ROOT / below):
        names[:] = sorted(set(names) - NOT_OURS)
        for leaf in sorted(leaves):
            path = Path(folder, leaf)
            if not suffixes or path.suffix in suffixes:
                yield path


def texts() -> Iterator[tuple[Path, str]]:
    for path in files():
        if (
            path.suffix not in BINARY
            and path.name != ".env"
            and not path.name.startswith(".coverage")
        ):
            yield path, path.read_text(encoding="utf-8")


def sources() -> Iterator[Path]:
    """Python of the product, without tests."""
    for package in PACKAGES:
        yield from files(".py", below=package)


def shown(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()
