"""Clients on raw sockets, which can be slow, and can leave in every way there is."""

import socket
import struct
import time
from typing import Any, Final, Literal

import msgspec

from tests.clients.stack import Stack
from tests.faults.gateway_process import ANSWER_WITHIN_S

How = Literal["fin", "rst", "half"]
LINGER_NOT: Final = struct.pack("ii", 1, 0)
LAST_CHUNK: Final = b"\r\n0\r\n\r\n"
CLIENTS: Final = ("chat", "responses", "anthropic", "gemini", "bedrock")
MAX_TOKENS: Final = 64


def question(kind: str, model: str, *, stream: bool) -> tuple[str, bytes]:
    """Path and body of the same little question in each dialect."""
    turn: dict[str, Any] = {"role": "user", "content": "Hi"}
    told: dict[str, Any] = {"model": model, "stream": stream}
    body: dict[str, Any]
    if kind == "gemini":
        verb = "streamGenerateContent?alt=sse" if stream else "generateContent"
        body = {
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "generationConfig": {"maxOutputTokens": MAX_TOKENS},
        }
        return f"/v1beta/models/{model}:{verb}", msgspec.json.encode(body)
    if kind == "bedrock":
        body = {
            "messages": [{"role": "user", "content": [{"text": "Hi"}]}],
            "inferenceConfig": {"maxTokens": MAX_TOKENS},
        }
        verb = "converse-stream" if stream else "converse"
        return f"/model/{model}/{verb}", msgspec.json.encode(body)
    if kind == "responses":
        body = {**told, "input": "Hi", "store": False, "max_output_tokens": MAX_TOKENS}
        return "/v1/responses", msgspec.json.encode(body)
    body = {**told, "messages": [turn], "max_tokens": MAX_TOKENS}
    path = "/v1/messages" if kind == "anthropic" else "/v1/chat/completions"
    return path, msgspec.json.encode(body)


class Caller:
    """One request on a connection of its own."""

    def __init__(self, stack: Stack, *, model: str, kind: str = "chat", stream: bool) -> None:
        path, body = question(kind, model, stream=stream)
        head = (
            f"POST {path} HTTP/1.1\r\nHost: localhost\r\n"
            f"Authorization: Bearer {stack.key.value}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.received = b""
        self.socket = stack.gateway.connect()
        self.socket.sendall(head.encode() + body)

    def until(self, mark: bytes, *, within_s: float = ANSWER_WITHIN_S) -> bytes:
        """What has come once `mark` is in it; fails when the connection ends before."""
        self.socket.settimeout(within_s)
        while mark not in self.received:
            part = self.socket.recv(65_536)
            assert part, self.received[-500:]
            self.received += part
        return self.received

    def to_the_end(self, *, within_s: float = ANSWER_WITHIN_S) -> bytes:
        """Until the last chunk or the end of the connection."""
        self.socket.settimeout(within_s)
        parts, last = [self.received], self.received[-len(LAST_CHUNK) :]
        while last != LAST_CHUNK and (part := self.socket.recv(1_048_576)):
            parts.append(part)
            last = (last + part)[-len(LAST_CHUNK) :]
        self.received = b"".join(parts)
        return self.received

    def leave(self, how: How) -> float:
        """The moment it left."""
        if how == "rst":
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, LINGER_NOT)
        left_at = time.monotonic()
        if how == "half":
            self.socket.shutdown(socket.SHUT_WR)
        else:
            self.socket.close()
        return left_at

    def close(self) -> None:
        self.socket.close()
