"""Ports that engines may keep."""

import socket

from stores.embedded.ports import free_port, is_free


def test_a_free_port_is_free_and_not_one_of_those_taken() -> None:
    port = free_port(())
    assert is_free(port)
    assert free_port({port}) != port


def test_a_listening_port_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        assert not is_free(server.getsockname()[1])
