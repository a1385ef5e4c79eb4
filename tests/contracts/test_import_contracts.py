"""The contracts of pyproject.toml hold, are complete, and each of them can fail."""

import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import pytest

from tests.contracts.tree import PACKAGES, ROOT

# What each contract must name as soon as it exists (ARCHITECTURE.md, "Who may import whom").
MUST_NAME: Final[Mapping[str, tuple[str, ...]]] = {
    "layers": PACKAGES,
    "no-cycles": PACKAGES,
    "sans-io": ("protocols",),
    "pure": (
        *(f"{package}.specs" for package in PACKAGES),
        "accounts.keys",
        "billing.corrections",
        "billing.forecast",
        "billing.measures",
        "billing.money",
        "billing.pricing",
        "billing.receipt",
        "billing.request_facts",
        "billing.rerating",
        "billing.sums",
        "billing.tag_sums",
        "billing.transfers",
        "billing.windows",
        "gateway.limits.engine",
        "gateway.spool.frames",
        "policies.guardrails",
        "policies.prompts",
        "providers.adapters",
        "providers.addresses",
        "providers.capabilities",
        "providers.patterns",
        "providers.pool",
        "providers.pricebook",
        "providers.proxies",
        "providers.secrets",
        "providers.usage",
        "providers.vendors",
        "routing.decide",
        "routing.explain",
        "routing.facts",
        "routing.names",
        "routing.rules",
        "routing.strategies",
        "routing.switch",
    ),
    "data-plane": (
        "gateway.edge",
        "gateway.limits",
        "gateway.mcp",
        "gateway.plugins",
        "gateway.response_cache",
        "gateway.sandbox",
        "gateway.snapshot",
        "gateway.spool",
    ),
    "dialects": (
        "protocols.anthropic_messages",
        "protocols.bedrock_converse",
        "protocols.gemini_generate",
        "protocols.openai_chat",
        "protocols.openai_embeddings",
        "protocols.openai_responses",
    ),
    "envelope": ("providers.secrets",),
}
FORBIDDEN: Final[Mapping[str, set[str]]] = {
    "sans-io": {"django", "redis", "httpx", "asyncio", "socket", "os"}
    | {"time", "random", "secrets", "logging", "threading"},
    "pure": {"django", "rest_framework", "redis", "httpx", "asyncio", "socket", "os"},
    "data-plane": {"*.models", "*.services", "*.selectors", "*.compile"}
    | {"gateway.*.models", "gateway.*.services", "gateway.*.selectors"}
    | {"rest_framework", "celery"},
}
MAY_OPEN_THE_ENVELOPE: Final = {"providers.services", "gateway.snapshot.subscribe"}

# One offence per contract: file to append to → line. The data plane's takes a detour.
PLANTS: Final[Mapping[str, Mapping[str, str]]] = {
    "layers": {"accounts/planted_upward.py": "import gateway.env"},
    "sans-io": {"protocols/planted.py": "import random"},
    "pure": {"accounts/keys.py": "import django"},
    "data-plane": {
        "gateway/edge/planted.py": "import gateway.planted_detour",
        "gateway/planted_detour.py": "import accounts.models",
    },
    "dialects": {"protocols/openai_chat/planted.py": "import protocols.anthropic_messages"},
    "envelope": {"gateway/console/planted.py": "import providers.secrets"},
    "no-cycles": {
        "accounts/planted_left.py": "import accounts.planted_right",
        "accounts/planted_right.py": "import accounts.planted_left",
    },
}


def contracts() -> dict[str, dict[str, Any]]:
    tool = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
    return {row["id"]: row for row in tool["importlinter"]["contracts"]}


def names(contract: Mapping[str, Any]) -> Iterator[str]:
    for field in ("source_modules", "modules", "ancestors", "protected_modules"):
        yield from contract.get(field, ())
    for layer in contract.get("layers", ()):
        yield from layer.replace("|", " ").split()


def exists(module: str) -> bool:
    path = ROOT / module.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


def lint(folder: Path) -> str:
    script = Path(sys.executable).with_name("lint-imports")
    # Planted files must not turn up in a report of coverage.
    unmeasured = {name: word for name, word in os.environ.items() if "COVERAGE" not in name}
    done = subprocess.run(
        [script, "--no-cache", "--no-logo"],
        cwd=folder,
        env=unmeasured,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


@pytest.mark.parametrize("contract_id", sorted(MUST_NAME))
def test_a_contract_names_every_module_that_exists(contract_id: str) -> None:
    expected = {module for module in MUST_NAME[contract_id] if exists(module)}
    assert set(names(contracts().get(contract_id, {}))) == expected


@pytest.mark.parametrize("contract_id", sorted(FORBIDDEN))
def test_a_contract_forbids_what_it_is_for(contract_id: str) -> None:
    contract = contracts().get(contract_id)
    assert contract is not None
    assert set(contract["forbidden_modules"]) >= FORBIDDEN[contract_id]


def test_only_the_write_path_and_the_snapshot_reader_may_open_the_envelope() -> None:
    contract = contracts().get("envelope", {})
    assert set(contract.get("allowed_importers", ())) <= MAY_OPEN_THE_ENVELOPE


def test_all_contracts_are_kept() -> None:
    output = lint(ROOT)
    assert ", 0 broken." in output, output


def test_every_contract_fails_on_a_planted_offence(tmp_path: Path) -> None:
    for package in PACKAGES:
        shutil.copytree(
            ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__")
        )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    known = contracts()
    assert known.keys() <= PLANTS.keys(), "a contract without a planted offence"
    for contract_id in known:
        for file, line in PLANTS[contract_id].items():
            with (tmp_path / file).open("a", encoding="utf-8") as source:
                source.write(f"\n{line}\n")
    output = lint(tmp_path)
    kept = [row["id"] for row in known.values() if f"{row['name']} BROKEN" not in output]
    assert not kept, output
