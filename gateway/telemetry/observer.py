"""What is kept of every request: one log line, a few numbers."""

from typing import Final

from gateway.edge.messages import Scope
from gateway.edge.operations.surfaces import is_client_path
from gateway.edge.stages.record import SERVED_S
from gateway.telemetry.metrics import INFLIGHT, OTHER, observe_management
from gateway.telemetry.request_log import RequestLog

# What lower layers may leave in the state of a scope for the request's line.
NOTED: Final = (
    "request_id", "tenant", "key_id", "dialect", "model", "provider", "backend_key", "attempts",
    "lane", "stream", "outcome", "error", "tokens_in", "tokens_out", "usage_flags", "ttft_ms",
)  # fmt: skip
PATH_CHARS: Final = 1_024  # of one that a stranger makes as long as the server takes it


class RequestObserver:
    def __init__(self, *, request_log: RequestLog | None) -> None:
        self._request_log = request_log

    def started(self) -> None:
        INFLIGHT.inc()

    def finished(self, *, scope: Scope, status: int, duration_s: float) -> None:
        INFLIGHT.dec()
        state, method = scope["state"], scope.get("method", "WEBSOCKET")
        # Model traffic has metrics of its own.
        if scope["type"] == "http" and not is_client_path(scope["path"]):
            route = state.get("route", OTHER)
            observe_management(route=route, method=method, status=status, seconds=duration_s)
        if self._request_log is not None:
            line = {name: state[name] for name in NOTED if name in state}
            line |= {"method": method, "path": scope["path"][:PATH_CHARS], "status": status}
            served_s: float = state.get(SERVED_S, duration_s)
            self._request_log.note({**line, "duration_ms": round(served_s * 1000, 3)})
