"""Serialiser of the Django cache: MessagePack, so that nothing read from Redis can run code."""

from typing import Any

import msgspec


class MsgpackSerializer:
    def dumps(self, value: Any) -> bytes | int:
        # Plain integers stay readable by INCR.
        if type(value) is int:
            return value
        return msgspec.msgpack.encode(value)

    def loads(self, data: bytes) -> Any:
        try:
            return int(data)
        except ValueError:
            return msgspec.msgpack.decode(data)
