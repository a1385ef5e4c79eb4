"""Refusals of the control plane.

Refused              code and detail; status and title stand in `problem_codes.PROBLEMS`
├── Invalid          one entry per bad field
├── PermissionLacking  the capability that is missing
└── VersionConflict  the version there is, who made it and when
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from accounts.problem_codes import PROBLEMS


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldProblem:
    field: str
    code: str
    message: str


class Refused(Exception):
    """`code` is a key of PROBLEMS; `facts` join the answer."""

    def __init__(
        self, code: str, detail: str = "", *, facts: Mapping[str, Any] | None = None
    ) -> None:
        self.code = code
        self.detail = detail or PROBLEMS[code].meaning
        self.facts = dict(facts or {})
        super().__init__(self.detail)


class Invalid(Refused):
    def __init__(self, problems: Iterable[FieldProblem]) -> None:
        self.problems = tuple(problems)
        told = "; ".join(
            f"{problem.field}: {problem.message}" if problem.field else problem.message
            for problem in self.problems
        )
        super().__init__("validation", told)

    @classmethod
    def one(cls, *, field: str, message: str, code: str = "invalid") -> "Invalid":
        return cls([FieldProblem(field=field, code=code, message=message)])


class PermissionLacking(Refused):
    def __init__(self, capability: str) -> None:
        super().__init__(
            "permission_denied",
            f"This needs the capability {capability}. Ask an owner or admin of the tenant for it.",
            facts={"capability": capability},
        )


class VersionConflict(Refused):
    def __init__(
        self, *, current_version: int, changed_by: str | None, changed_at: datetime | None
    ) -> None:
        super().__init__(
            "version_conflict",
            f"The row is at version {current_version} by now. Read it again and repeat the change.",
            facts={
                "current_version": current_version,
                "changed_by": changed_by,
                "changed_at": changed_at,
            },
        )
