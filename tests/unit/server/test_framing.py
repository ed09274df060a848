from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from codex_lsp_server.stdio import MAX_BODY_BYTES, BadFrame, FrameParser

GOOD = b"Content-Length: 4\r\n\r\ngood"
bodies = st.lists(st.binary(max_size=40), max_size=6)
noise = st.lists(
    st.one_of(
        st.binary(max_size=20),
        st.sampled_from([b"\r\n", b"\n", b":", b"Content-Length: ", b"7", b" ", b"X: y\r\n"]),
    ),
    max_size=12,
).map(b"".join)


def parse(*chunks: bytes) -> list[bytes | None]:
    """Bodies, with None for headers that could not be read."""
    parser = FrameParser()
    frames = [frame for chunk in chunks for frame in parser.feed(chunk)]
    return [None if isinstance(frame, BadFrame) else frame for frame in frames]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    ends = sorted({min(place, len(data)) for place in places} | {len(data)})
    starts = [0, *ends[:-1]]
    return [data[start:end] for start, end in zip(starts, ends, strict=True)]


@given(bodies, st.lists(st.integers(0, 300), max_size=20))
def test_it_does_not_matter_how_the_bytes_arrive(parts: list[bytes], places: list[int]) -> None:
    data = b"".join(b"Content-Length: %d\r\n\r\n%s" % (len(part), part) for part in parts)
    assert parse(*cut(data, places)) == parts


@given(noise, st.lists(st.integers(0, 300), max_size=20))
def test_noise_gives_the_same_however_it_arrives(data: bytes, places: list[int]) -> None:
    assert parse(*cut(data, places)) == parse(data)


def test_after_bad_headers_the_next_message_is_found() -> None:
    assert parse(b"Content-Length: x\r\n\r\n{}" + GOOD + GOOD) == [None, b"good", b"good"]
    assert parse(b"Content-Type: x\r\n\r\n{}", GOOD) == [None, b"good"]
    assert parse(b"nonsense\n", GOOD) == [None, b"good"]


def test_the_next_message_is_found_byte_by_byte() -> None:
    data = b'X: y\r\n\r\n{"a": "Content-Length: no"}' + GOOD
    assert parse(*(data[at : at + 1] for at in range(len(data)))) == [None, b"good"]


def test_one_complaint_for_one_fault() -> None:
    assert parse(b"Content-Length: -1\r\n\r\n", b"x" * 100_000, b"\n" * 100_000) == [None]


def test_no_memory_is_kept_for_a_length_that_is_too_large() -> None:
    parser = FrameParser()
    frames = list(parser.feed(b"Content-Length: %d\r\n\r\n" % (MAX_BODY_BYTES + 1)))
    frames += [frame for _ in range(50) for frame in parser.feed(b"x" * 65_536)]
    assert len(frames) == 1
    assert len(parser._buffer) < 1000


def test_a_length_that_is_just_allowed() -> None:
    assert parse(b"Content-Length: %d\r\n\r\n" % MAX_BODY_BYTES) == []


def test_empty_bodies_and_blank_lines() -> None:
    assert parse(b"Content-Length: 0\r\n\r\n" + b"\r\n\n" * 10_000 + GOOD) == [b"", b"good"]
