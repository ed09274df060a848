"""What crosses between program and checker: plain values, exactly, and nothing else."""

import math
import socket
from collections import Counter, namedtuple
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from codex_lsp.evals.sandbox.inside.wire import MAX_BYTES, Handle, Wire, WireError, decode, encode


def refuse(value: Any) -> Any:
    raise AssertionError(f"{value!r} is a built-in value")


def crossed(value: Any) -> Any:
    """Send ``value`` over a real socket and read it again."""
    with ends() as (left, right):
        left.send({"value": encode(value, refuse)})
        return decode(right.receive()["value"], refuse, refuse)


@contextmanager
def ends() -> Iterator[tuple[Wire, Wire]]:
    left, right = socket.socketpair()
    with left, right:
        yield Wire(left.fileno()), Wire(right.fileno())


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        0,
        -3,
        1 << 4000,
        0.1,
        -0.0,
        math.inf,
        1e-320,
        2 - 3j,
        "",
        "é\ud800\n",
        b"\x00\xff",
        [1, [2.0, "3"], (4, None)],
        {1, 2},
        frozenset({("a", 1)}),
        {"a": {1: [True]}, (1, 2): ()},
        int,
    ],
)
def test_a_built_in_value_arrives_as_it_is(value: Any) -> None:
    arrived = crossed(value)
    assert arrived == value
    assert type(arrived) is type(value)
    assert repr(arrived) == repr(value)


def test_a_number_of_more_digits_than_python_likes_to_print_arrives() -> None:
    assert crossed(1 << 70_000) == 1 << 70_000


def test_a_nan_arrives() -> None:
    assert math.isnan(crossed(math.nan))


def test_what_a_subclass_says_of_itself_does_not_arrive() -> None:
    class Yes(list[int]):
        def __eq__(self, other: object) -> bool:
            return True

    class Lucky(int):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = int.__hash__

    class Word(str):
        def __str__(self) -> str:
            return "another"

    assert crossed(Yes([1])) != [2]
    assert crossed(Lucky(1)) != 2
    assert crossed(Word("word")) == "word"
    assert type(crossed(namedtuple("P", "x")(1))) is tuple
    assert type(crossed(Counter("aab"))) is dict


def test_another_object_stays_where_it_is() -> None:
    kept: list[object] = []

    class Equal:
        def __eq__(self, other: object) -> bool:
            return True

    data = encode([Equal()], lambda value: kept.append(value) or 7)
    (arrived,) = decode(data, Handle, refuse)
    assert arrived != 1 and isinstance(arrived, Handle) and arrived.number == 7
    assert encode(arrived, refuse) == ["yours", 7]
    assert decode(["yours", 0], refuse, kept.__getitem__) is kept[0]


@pytest.mark.parametrize(
    "data",
    [
        [],
        ["int"],
        ["int", 5],
        ["int", "no"],
        ["code", "print(1)"],
        ["type", "object"],
        ["dict", [[["list", []], None]]],
        ["set", [["list", []]]],
        "text",
        5,
    ],
)
def test_what_is_no_value_is_refused(data: Any) -> None:
    with pytest.raises(WireError):
        decode(data, Handle, [].__getitem__)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\x00",
        b"\x00\x00\x00\x05[]",
        b"\x00\x00\x00\x02[]",
        b"\x00\x00\x00\x02{]",
        (MAX_BYTES + 1).to_bytes(4, "big"),
        (200_000).to_bytes(4, "big") + b"[" * 200_000,
    ],
)
def test_what_is_no_message_is_refused(raw: bytes) -> None:
    left, right = socket.socketpair()
    with right:
        with left:
            left.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
            left.sendall(raw)
        with pytest.raises(WireError):
            Wire(right.fileno()).receive()


def test_a_message_that_is_too_long_is_not_sent() -> None:
    with ends() as (left, _), pytest.raises(WireError, match="too long"):
        left.send({"value": "x" * MAX_BYTES})
