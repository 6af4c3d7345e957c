"""Sentences on addresses that cannot be bound."""

import socket

import pytest

from blastlens.domain.errors import InvalidSettings
from blastlens.local.http.gateway import Gateway
from blastlens.local.outbox.messages import Outbox
from blastlens.local.outbox.page import OutboxPage
from blastlens.local.stack.moto_server import MotoServer


@pytest.mark.parametrize("server", [lambda **where: Gateway({}, (), **where), MotoServer])
def test_a_port_in_use_is_a_sentence_with_what_to_do(server):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidSettings) as refused, server(host="127.0.0.1", port=port):
            raise AssertionError("it listens")
    assert str(refused.value) == (
        f"Cannot listen on 127.0.0.1:{port}: Address already in use. Choose another port with --port or --api-port, "
        "0 for a free one."
    )


def test_an_address_of_another_machine_is_a_sentence_without_advice_on_ports():
    with pytest.raises(InvalidSettings) as refused, MotoServer(host="192.0.2.1"):
        raise AssertionError("it listens")
    assert str(refused.value) == "Cannot listen on 192.0.2.1:0: Cannot assign requested address."


def test_a_taken_port_of_the_outbox_names_the_option_of_the_outbox():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InvalidSettings, match="with --outbox-port, 0 for"), OutboxPage(Outbox(), port=port):
            raise AssertionError("it listens")
