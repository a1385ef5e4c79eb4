"""Reference pages made from the tables of error codes and of roles."""

from collections.abc import Iterable
from itertools import groupby
from typing import Final

from accounts.permissions import ALL, BY_ROLE, SUPERADMIN, TEAM_LEAD
from accounts.problem import Problem
from accounts.problem_codes import PROBLEMS

MADE: Final = (
    "Made by `switchyard settings-docs` from the table in `accounts/{source}`; do not edit."
)
ABOUT_ERRORS: Final = """\
Errors are `application/problem+json` (RFC 9457): `type` (`/docs/errors#<code>`), `title`, `status`,
`detail`, `instance`, `code`, `request_id`, and `errors` with `field`, `code` and `message` where
fields are at fault. Decide by `code`: it keeps its status and its meaning. *Retry* says whether the
same request may succeed later; where the header `Retry-After` is sent, wait that long."""
ABOUT_ROLES: Final = """\
Code asks for capabilities, never for roles. What somebody holds in a tenant is the role's, with
what leading a team adds, with a superadmin's; for a management key, what its scopes and its owner
have in common. `_all`, `_team` and `_own` are one right on more or fewer rows. A missing capability
is `403 permission_denied`, and the answer names it. Some of these belong to features that are
[absent](../explanation/requirements.md) so far."""
HELD: Final = "✔"
COLUMNS: Final = (
    ("superadmin", SUPERADMIN),
    ("owner", BY_ROLE["owner"]),
    ("admin", BY_ROLE["admin"]),
    ("team lead adds", TEAM_LEAD),
    ("developer", BY_ROLE["developer"]),
    ("billing viewer", BY_ROLE["billing_viewer"]),
)


def errors_page() -> str:
    lines = [
        "# Errors",
        "",
        MADE.format(source="problem_codes.py"),
        "",
        ABOUT_ERRORS,
    ]
    rows = sorted(PROBLEMS.items(), key=lambda row: (row[1].status, row[0]))
    for status, group in groupby(rows, key=lambda row: row[1].status):
        lines += ["", f"## {status}"]
        for code, problem in group:
            lines += _problem_lines(code, problem)
    return "\n".join(lines) + "\n"


def _problem_lines(code: str, problem: Problem) -> list[str]:
    return [
        "",
        f"### {code}",
        "",
        f"{problem.title} {problem.meaning}",
        "",
        f"- Cause: {problem.cause}",
        f"- What to do: {problem.fix}",
        f"- Retry: {'yes' if problem.retry else 'no'}",
    ]


def roles_page() -> str:
    lines = [
        "# Roles and capabilities",
        "",
        MADE.format(source="permissions.py"),
        "",
        ABOUT_ROLES,
        "",
        _row(["Capability", *(title for title, _ in COLUMNS)]),
        _row(["---"] * (len(COLUMNS) + 1)),
    ]
    for capability in sorted(ALL):
        marks = [HELD if capability in held else "" for _, held in COLUMNS]
        lines.append(_row([f"`{capability}`", *marks]))
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
