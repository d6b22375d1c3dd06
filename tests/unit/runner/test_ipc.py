"""Messages as lines."""

import socket

import pytest

from trigger_service.runner.ipc import BlockingChannel, Lines, LoopChannel, encode, socket_address


def test_messages_are_put_together_from_any_pieces():
    data = encode({"id": 1, "text": "a\nb\u00e9"}) + encode({"id": 2})
    lines = Lines()

    messages = [message for byte in data for message in lines.feed(bytes([byte]))]

    assert messages == [{"id": 1, "text": "a\nb\u00e9"}, {"id": 2}]


@pytest.mark.parametrize("line", [b"nonsense\n", b"[1]\n", b"\xff\n"])
def test_what_is_no_object_is_refused(line):
    with pytest.raises(ValueError):
        Lines().feed(line)


def test_a_socket_is_passed_on_with_its_message_and_much_text_does_not_block():
    near, far = socket.socketpair()
    gift, other = socket.socketpair()
    sender, receiver = LoopChannel(near), LoopChannel(far)
    BlockingChannel(near).send({"spare": True}, pass_on=gift)
    sender.put({"text": "x" * 3_000_000})
    assert sender.wants_to_write

    messages = []
    while len(messages) < 2:
        messages += receiver.collect()
        sender.flush()

    assert messages[0] == {"spare": True}
    with receiver.passed_on() as passed:
        passed.send(b"through")
    assert other.recv(10) == b"through"
    for end in (gift, other, sender, receiver):
        end.close()


def test_the_end_of_the_other_side_and_nonsense_end_a_channel():
    near, far = socket.socketpair()
    channel = LoopChannel(far)
    assert channel.collect() == []
    near.send(b"nonsense\n")
    assert channel.collect() is None
    near.close()
    assert channel.collect() is None
    channel.close()


def test_a_socket_in_a_deep_folder_has_an_address(tmp_path):
    folder = tmp_path / ("deep" * 50)
    folder.mkdir()

    with socket_address(folder / "zygote.sock") as address, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(address)

    assert (folder / "zygote.sock").is_socket()
