"""Locks are complete, hashed, fresh and name no host; some packages never enter them."""

import re
import sysconfig
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.bootstrap import CODING_AGENTS, NODE_CLIENTS
from tests.contracts.tree import ROOT

# Lock → what of pyproject.toml it answers.
PYTHON_LOCKS: Final[Mapping[str, tuple[str, ...]]] = {
    "requirements.lock": ("dependencies",),
    "requirements-dev.lock": ("dependencies", "dev"),
    "requirements-clients.lock": ("clients",),
    "requirements-nightly.lock": ("nightly",),
}
NODE_LOCKS: Final = (
    "frontend/package-lock.json",
    "frontend/e2e/package-lock.json",
    "tests/clients/node/package-lock.json",
    "tests/nightly/agents/package-lock.json",
)
PINNED: Final = re.compile(
    r"^(?P<name>[a-z0-9][a-z0-9-]*)==(?P<version>[^\s;\\]+)(?P<rest>[^\n]*\n(?:[ ]{4}[^\n]*\n?)*)",
    re.MULTILINE,
)
HOST: Final = re.compile(r"https?:|file:|git\+|--(?:extra-)?index|--find-links|@\s*/")
FORBIDDEN: Final[Mapping[str, str]] = {
    "@biomejs/biome": "its lock lacks other platforms, so npm ci fails there",
    "oxlint": "its lock lacks other platforms, so npm ci fails there",
    "litellm": "another gateway, never at run time",
    "presidio-analyzer": "downloads models",
    "spacy": "downloads models",
    "tiktoken": "downloads vocabularies",
    "tokencost": "prices come from our own price book",
}
# Where a package forbidden elsewhere must be all the same.
SUFFERED: Final[Mapping[str, frozenset[str]]] = {
    # langchain-openai and LlamaIndex ask for it; no test counts with it
    "tiktoken": frozenset({"requirements-clients.lock", "requirements-nightly.lock"})
}
# Run at every interpreter start, so each is here for a reason.
START_UP_HOOKS: Final[Mapping[str, str]] = {
    "a1_coverage.pth": "coverage of subprocesses, in the development environment only",
    "distutils-precedence.pth": "setuptools keeps its own distutils",
}


def locked(name: str) -> dict[str, re.Match[str]]:
    text = (ROOT / name).read_text(encoding="utf-8")
    return {found["name"]: found for found in PINNED.finditer(text)}


def declared(*groups: str) -> Iterator[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    said = {"dependencies": project["project"]["dependencies"], **project["dependency-groups"]}
    for group in groups:
        for line in said[group]:
            yield Requirement(line)


def node_lock(name: str) -> dict[str, dict[str, Any]]:
    path = ROOT / name
    content = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
    packages: dict[str, dict[str, Any]] = content["packages"]
    return packages


@pytest.mark.parametrize("name", [*PYTHON_LOCKS, *NODE_LOCKS])
def test_a_lock_names_no_host_and_no_local_path(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not [line for line in text.splitlines() if HOST.search(line)]


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_every_pin_carries_a_hash(name: str) -> None:
    pins = locked(name)
    assert len(pins) > 30
    assert not [pin for pin, found in pins.items() if "--hash=sha256:" not in found["rest"]]


@pytest.mark.parametrize("name", PYTHON_LOCKS)
def test_a_lock_answers_every_declared_dependency_and_no_other(name: str) -> None:
    pins = locked(name)
    wanted = {canonicalize_name(row.name): row for row in declared(*PYTHON_LOCKS[name])}
    stale = [
        str(row)
        for package, row in wanted.items()
        if package not in pins or not row.specifier.contains(pins[package]["version"])
    ]
    assert not stale, "run: make lock"
    direct = {
        pin for pin, found in pins.items() if "switchyard-gateway (pyproject" in found["rest"]
    }
    assert direct == set(wanted), "run: make lock"


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-clients.lock"])
def test_locks_of_one_environment_pin_the_same_versions(name: str) -> None:
    development = locked("requirements-dev.lock")
    pins = {pin: found["version"] for pin, found in locked(name).items()}
    assert not {
        pin: (version, development[pin]["version"])
        for pin, version in pins.items()
        if pin in development and version != development[pin]["version"]
    }


def test_the_development_lock_holds_everything_of_the_runtime_s() -> None:
    assert locked("requirements.lock").keys() <= locked("requirements-dev.lock").keys()


def test_client_sdks_are_pinned_exactly() -> None:
    loose = [
        str(row)
        for row in declared("clients", "nightly")
        if not str(row.specifier).startswith("==")
    ]
    assert not loose
    for folder in (NODE_CLIENTS, CODING_AGENTS):
        manifest = msgspec.json.decode((folder / "package.json").read_bytes())
        assert not [v for v in manifest["dependencies"].values() if not v[0].isdigit()]


@pytest.mark.parametrize("name", NODE_LOCKS)
def test_a_node_lock_is_fresh_and_whole(name: str) -> None:
    packages = node_lock(name)
    manifest = msgspec.json.decode((ROOT / name).with_name("package.json").read_bytes())
    for group in ("dependencies", "devDependencies"):
        assert packages[""].get(group, {}) == manifest.get(group, {}), "run: make lock"
    present = {path.rpartition("node_modules/")[2] for path in packages}
    optional = {
        other for package in packages.values() for other in package.get("optionalDependencies", {})
    }
    assert optional <= present, "a platform's build of a package is missing from the lock"
    unhashed = [path for path, row in packages.items() if path and "integrity" not in row]
    assert not unhashed


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_forbidden_package_is_in_no_lock(package: str) -> None:
    for name in PYTHON_LOCKS:
        suffered = name in SUFFERED.get(package, ())
        assert suffered or package not in locked(name), FORBIDDEN[package]
    for name in NODE_LOCKS:
        assert f"node_modules/{package}" not in node_lock(name), FORBIDDEN[package]


def test_npm_never_writes_addresses_into_locks() -> None:
    for lock in NODE_LOCKS:
        rules = (ROOT / lock).with_name(".npmrc").read_text(encoding="utf-8").split()
        assert "omit-lockfile-registry-resolved=true" in rules


def test_only_known_hooks_run_at_interpreter_start() -> None:
    site = Path(sysconfig.get_path("purelib"))
    hooks = {path.name for path in site.glob("*.pth")}
    assert hooks <= START_UP_HOOKS.keys()
