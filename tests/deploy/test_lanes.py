import sys

import pytest

from deploy.lanes import summary
from deploy.steps import Outcome, Step, run_quiet, run_shown, run_side_by_side


def ended(output: str, *, ok: bool = True, seconds: float = 1.0) -> Outcome:
    return Outcome(ok=ok, seconds=seconds, output=output)


@pytest.mark.parametrize(
    ("closing", "counts"),
    [
        ("===== 12 passed, 1 skipped in 3.10s =====\n", (12, 0)),
        ("\x1b[31m=== \x1b[1m2 failed\x1b[0m, 10 passed, 1 error in 3s ===\x1b[0m\n", (10, 3)),
        (
            "\x1b[2m      Tests \x1b[22m \x1b[1m1 failed\x1b[22m | \x1b[32m5 passed\x1b[39m (6)\n",
            (5, 1),
        ),
        (
            "  1 failed\n    [keys] keys.spec.ts:3:1\n  29 did not run\n  4 passed (1.6m)\n",
            (4, 1),
        ),
        ("tests/test_a.py: 3 failed is only a name\n", (0, 0)),
    ],
)
def test_every_runner_s_closing_line_is_counted(closing: str, counts: tuple[int, int]) -> None:
    assert ended(f"noise\n{closing}").counts() == counts


def test_the_table_ends_with_the_sum() -> None:
    rows = [
        ("install", 90, ended("")),
        ("pytest", 240, ended("== 12 passed in 3s ==\n")),
        ("e2e", 110, ended("  3 passed (4s)\n", seconds=120)),
    ]
    lines = summary(rows).splitlines()
    assert lines[-1] == "15 passed, 0 failed in 122 s"
    assert "(over budget)" in lines[-3]


def test_a_lane_that_broke_without_a_count_turns_the_table_red() -> None:
    assert "1 failed" in summary([("e2e", 110, ended("no browser", ok=False))])


def test_output_passes_through_and_is_kept(capfd: pytest.CaptureFixture[str]) -> None:
    code = "print('one'); print('two'); raise SystemExit(3)"
    outcome = run_shown(Step(name="x", command=[sys.executable, "-c", code]))
    assert (outcome.ok, outcome.output) == (False, "one\ntwo\n")
    assert capfd.readouterr().out == "one\ntwo\n"


def test_side_by_side_shows_only_what_failed(capfd: pytest.CaptureFixture[str]) -> None:
    steps = [
        Step(name="fine", command=[sys.executable, "-c", "print('quiet')"]),
        Step(name="broken", command=[sys.executable, "-c", "raise SystemExit('loud')"]),
    ]
    assert not run_side_by_side(steps, workers=2)
    shown = capfd.readouterr().out
    assert "loud" in shown
    assert "quiet" not in shown
    assert shown.endswith("failed: broken\n")


def test_a_step_has_its_own_environment() -> None:
    code = "import os; print(os.environ['COLOUR'])"
    step = Step(name="x", command=[sys.executable, "-c", code], environment={"COLOUR": "blue"})
    assert run_quiet(step).output == "blue\n"
