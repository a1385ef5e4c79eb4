"""What granian does not do for an application that pushes to its sockets.

Laws: a close leaves at once, also while the application waits for the next frame (granian 2.8 holds
it back as long as a receive is pending); whoever closes hears a disconnect, as after any other end;
sending to a client that has left is no error (granian raises, Channels would skip its clean-up).
"""

import asyncio
from typing import Final

from gateway.edge.messages import App, Message, Receive, Scope, Send

CLOSE: Final = "websocket.close"
LEFT: Final = "websocket.disconnect"
ABNORMAL: Final = 1006


def with_prompt_close(app: App) -> App:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        socket = Socket(receive=receive, send=send)
        await app(scope, socket.receive, socket.send)

    return serve


class Socket:
    def __init__(self, *, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._waiting: asyncio.Future[Message] | None = None
        self._left_code: int | None = None

    async def receive(self) -> Message:
        if self._has_left():
            return self._goodbye()
        self._waiting = asyncio.ensure_future(self._receive())
        try:
            message = await self._waiting
        except asyncio.CancelledError:
            if _is_being_cancelled() or not self._has_left():
                raise
            return self._goodbye()
        if message["type"] == LEFT:
            self._left_code = message.get("code", ABNORMAL)
        return message

    async def send(self, message: Message) -> None:
        if self._has_left():
            return
        if message["type"] == CLOSE:
            self._left_code = message.get("code", 1000)
            await self._stop_waiting()
        try:
            await self._send(message)
        except RuntimeError:  # granian's word for a client that is gone
            if not self._has_left():
                self._left_code = ABNORMAL
                await self._stop_waiting()

    def _has_left(self) -> bool:
        return self._left_code is not None

    def _goodbye(self) -> Message:
        return {"type": LEFT, "code": self._left_code}

    async def _stop_waiting(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.cancel()
            await asyncio.wait({self._waiting})


def _is_being_cancelled() -> bool:
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
