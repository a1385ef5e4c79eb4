"""An application that reads bodies to their end, behind the guard with quick timers."""

import os
from typing import Any, Final

from gateway.edge.intake.bodies import BodyPace
from gateway.edge.intake.guard import Guard

BODY_MAX_BYTES: Final = 33_554_432
WINDOW_S: Final = 1.0


class Nobody:
    def started(self) -> None:
        pass

    def finished(self, *, scope: Any, status: int, duration_s: float) -> None:
        pass


async def read_to_the_end(scope: Any, receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        for _ in range(2):
            message = await receive()
            await send({"type": f"{message['type']}.complete"})
        return
    size, more = 0, True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            return
        size += len(message.get("body", b""))
        more = message.get("more_body", False)
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(size).encode()})


application: Final = Guard(
    read_to_the_end,
    body_limit=lambda _path: BODY_MAX_BYTES,
    observer=Nobody(),
    pace=BodyPace(window_s=WINDOW_S, allowance_s=float(os.environ.get("ALLOWANCE_S", "30"))),
)
