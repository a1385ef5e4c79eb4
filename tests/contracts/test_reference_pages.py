"""Reference pages written by hand name exactly what the code has."""

import re

from tests.contracts.audit_actions import written_actions
from tests.contracts.tree import ROOT, sources


def named_in(path: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))


def test_every_metric_is_described_and_no_other() -> None:
    modules = [path.relative_to(ROOT) for path in (ROOT / "gateway/telemetry").glob("*.py")]
    declared = set().union(*(named_in(str(path), r'^    "(switchyard_\w+)",') for path in modules))
    assert named_in("docs/reference/metrics.md", r"`(switchyard_\w+)`") == declared


def test_every_component_of_readiness_is_described() -> None:
    described = named_in("docs/reference/metrics.md", r"`(\w+)`")
    assert {"postgres", "migrations", "redis", "cache", "drain"} <= described


def test_every_audit_action_is_described_and_no_other() -> None:
    described = named_in("docs/reference/audit-actions.md", r"^\| `([a-z_.]+)` \|")
    # The last part of these is the bulk call's own word.
    described = {re.sub(r"(\.bulk_).*", r"\1", action) for action in described}
    assert described == written_actions()


def test_every_log_event_described_is_written_somewhere() -> None:
    written = "".join(path.read_text(encoding="utf-8") for path in sources())
    described = named_in("docs/reference/logs.md", r"`([a-z]+_[a-z_]+)`[,| ]")
    missing = {event for event in described if f'"{event}"' not in written}
    assert len(described) > 4
    assert not missing
