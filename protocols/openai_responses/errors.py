"""The end of a stream that failed."""

from typing import Any

import msgspec

from protocols import openai_errors
from protocols.errors import Problem


def failing(problem: Problem, response: dict[str, Any]) -> list[dict[str, Any]]:
    """SDKs overlook the one, and understand the other."""
    error = openai_errors.error_fields(problem)
    failed = {
        **response,
        "status": "failed",
        "error": {"code": error["code"], "message": error["message"]},
    }
    return [
        {
            "type": "error",
            **{key: error[key] for key in ("code", "message", "param")},
            "error": error,
        },
        {"type": "response.failed", "response": failed},
    ]


def written(said: dict[str, Any]) -> bytes:
    kind = str(said["type"]).encode(errors="replace")
    return b"event: " + kind + b"\ndata: " + msgspec.json.encode(said) + b"\n\n"
