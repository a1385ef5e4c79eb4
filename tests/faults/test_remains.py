"""What is counted as left over is what clients and vendors left, and all of it."""

import gc
import os
import socket
import struct
from urllib.parse import urlsplit

import pytest

from tests.faults.remains import SERVICES, sockets_of


@pytest.fixture(autouse=True)
def nothing_left_of_others() -> None:
    """What earlier tests have dropped in circles would be closed while it is counted."""
    gc.collect()


@pytest.mark.parametrize("name", SERVICES)
def test_connections_to_the_gateway_s_own_services_are_nobody_s_remains(name: str) -> None:
    """They come and go with what is managed meanwhile, whatever clients and vendors do."""
    service = urlsplit(os.environ[name])
    at = (service.hostname, service.port or SERVICES[name])
    before = sockets_of(os.getpid())
    with socket.create_connection(at):
        assert sockets_of(os.getpid()) == before


def test_channels_between_processes_are_nobody_s_remains() -> None:
    before = sockets_of(os.getpid())
    ends = socket.socketpair()
    assert sockets_of(os.getpid()) == before
    for end in ends:
        end.close()


@pytest.mark.parametrize("reset", [False, True])
def test_a_connection_that_the_other_side_left_counts_until_it_is_closed(*, reset: bool) -> None:
    before = sockets_of(os.getpid())
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with socket.create_connection(listening.getsockname()) as kept:
            left, _ = listening.accept()
            left.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", reset, 0))
            left.close()
            assert sockets_of(os.getpid()) == before + 2
            kept.settimeout(10)
            if reset:
                with pytest.raises(ConnectionResetError):
                    kept.recv(1)
            else:
                assert kept.recv(1) == b""
            assert sockets_of(os.getpid()) == before + 2
        assert sockets_of(os.getpid()) == before + 1
