import asyncio
from typing import Any

import pytest

from gateway.edge.intake.sockets import Socket, with_prompt_close
from gateway.edge.messages import Message


class Server:
    """Behaves as granian: a close waits for a pending receive, sending to nobody raises."""

    def __init__(self) -> None:
        self.incoming: asyncio.Queue[Message] = asyncio.Queue()
        self.sent: list[Message] = []
        self.gone = False
        self._receiving = 0

    async def receive(self) -> Message:
        self._receiving += 1
        try:
            return await self.incoming.get()
        finally:
            self._receiving -= 1

    async def send(self, message: Message) -> None:
        if self.gone:
            raise RuntimeError("Transport closed")
        assert message["type"] != "websocket.close" or not self._receiving
        self.sent.append(message)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def socket(server: Server) -> Socket:
    return Socket(receive=server.receive, send=server.send)


async def test_a_close_leaves_while_the_application_waits(server: Server, socket: Socket) -> None:
    waiting = asyncio.create_task(socket.receive())
    await asyncio.sleep(0)
    await socket.send({"type": "websocket.close", "code": 4401})
    assert server.sent == [{"type": "websocket.close", "code": 4401}]
    assert await waiting == {"type": "websocket.disconnect", "code": 4401}
    assert await socket.receive() == {"type": "websocket.disconnect", "code": 4401}


async def test_after_a_close_nothing_is_sent(server: Server, socket: Socket) -> None:
    await socket.send({"type": "websocket.close"})
    await socket.send({"type": "websocket.send", "text": "late"})
    await socket.send({"type": "websocket.close", "code": 1001})
    assert [message["type"] for message in server.sent] == ["websocket.close"]


async def test_frames_pass_both_ways(server: Server, socket: Socket) -> None:
    server.incoming.put_nowait({"type": "websocket.receive", "text": "a"})
    assert (await socket.receive())["text"] == "a"
    await socket.send({"type": "websocket.send", "text": "b"})
    assert server.sent[0]["text"] == "b"


async def test_a_client_that_left_is_sent_nothing(server: Server, socket: Socket) -> None:
    server.incoming.put_nowait({"type": "websocket.disconnect"})
    assert await socket.receive() == {"type": "websocket.disconnect"}
    await socket.send({"type": "websocket.send", "text": "late"})
    assert server.sent == []
    assert await socket.receive() == {"type": "websocket.disconnect", "code": 1006}


async def test_sending_to_nobody_is_a_disconnect_and_no_error(
    server: Server, socket: Socket
) -> None:
    waiting = asyncio.create_task(socket.receive())
    await asyncio.sleep(0)
    server.gone = True
    await socket.send({"type": "websocket.send", "text": "late"})
    assert await waiting == {"type": "websocket.disconnect", "code": 1006}


async def test_closing_towards_nobody_is_no_error(server: Server, socket: Socket) -> None:
    server.gone = True
    await socket.send({"type": "websocket.close", "code": 4401})
    assert (await socket.receive())["code"] == 4401


async def test_a_cancelled_application_stays_cancelled(server: Server, socket: Socket) -> None:
    waiting = asyncio.create_task(socket.receive())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


async def test_an_application_is_wrapped(server: Server) -> None:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "websocket.close", "code": 4403})
        assert (await receive())["code"] == 4403

    await with_prompt_close(app)({}, server.receive, server.send)
    assert server.sent == [{"type": "websocket.close", "code": 4403}]
