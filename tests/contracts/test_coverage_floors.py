from typing import Any

from tests.contracts.coverage_floors import findings


def report(**covered_by_file: int) -> dict[str, Any]:
    """Ten statements and ten branches per file, of which as many are covered."""
    return {
        "files": {
            file.replace("__", "/") + ".py": {
                "summary": {
                    "covered_lines": covered // 2,
                    "covered_branches": covered - covered // 2,
                    "num_statements": 10,
                    "num_branches": 10,
                }
            }
            for file, covered in covered_by_file.items()
        }
    }


def test_a_pure_module_with_one_open_branch_is_named() -> None:
    assert [
        line.split(":")[0] for line in findings(report(accounts__keys=19, accounts__audit=20))
    ] == ["accounts/keys.py"]


def test_a_package_below_its_floor_is_named() -> None:
    assert [
        line.split(":")[0] for line in findings(report(gateway__cli=17, accounts__audit=18))
    ] == ["gateway"]


def test_a_strong_pure_module_does_not_lift_a_weak_package() -> None:
    below = list(findings(report(accounts__keys=20, accounts__audit=17)))
    assert below == ["accounts: 85.0 %, at least 90 % needed"]


def test_everything_above_its_floor_is_silent() -> None:
    assert not list(findings(report(accounts__keys=20, accounts__audit=18, protocols__x=20)))
