"""Find the way in a WARC file after a broken record: where a record ends, and where the next one begins."""

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import BinaryIO

from tasks.unpack import CHUNK, Codec

_HEAD = 1 << 16  # bytes of a record's head at the most
_PEEK = 512  # bytes of a member that show what it begins with
_FIRST = b"WARC/1."
_RECORD = re.compile(rb"(?<=\n)WARC/1\.")
_LENGTH = re.compile(rb"(?im)^content-length:[ \t]*([0-9]{1,15})[ \t]*\r?$")


def end_of_record(file: BinaryIO, start: int, codec: Codec | None) -> int | None:
    """The offset after a record, packed or not; None where it does not come to a proper end."""
    file.seek(start)
    return _end_of_member(file, codec) if codec else _end_of_block(file, start)


def next_record(file: BinaryIO, start: int, codec: Codec | None) -> int:
    """The offset of the first record from an offset on, as far as can be told; the file's end where there is none."""
    file.seek(start)
    at, window = start, b""
    while chunk := file.read(CHUNK):
        window += chunk
        for found in _candidates(window, codec):
            return at + found
        kept = window[-_PEEK:]
        at += len(window) - len(kept)
        window = kept
    return at + len(window)


def _candidates(window: bytes, codec: Codec | None) -> Iterator[int]:
    if codec is None:
        yield from (found.start() for found in _RECORD.finditer(window))
        return
    for found in re.finditer(b"|".join(map(re.escape, codec.magic)), window):
        with suppress(*codec.errors):
            head = codec.new().decompress(window[found.start() : found.start() + _PEEK], len(_FIRST))
            if head == _FIRST:
                yield found.start()


def _end_of_member(file: BinaryIO, codec: Codec) -> int | None:
    member = codec.new()
    try:
        while not member.eof:
            data = file.read(_HEAD) if member.needs_input else b""
            if not member.decompress(data, CHUNK) and not data and not member.eof:
                return None
    except codec.errors:
        return None
    return file.tell() - len(member.unused_data)


def _end_of_block(file: BinaryIO, start: int) -> int | None:
    head, ending, _ = file.read(_HEAD).partition(b"\r\n\r\n")
    length = _LENGTH.search(head)
    if not ending or not length:
        return None
    end = start + len(head) + len(ending) + int(length[1])
    file.seek(end - 1)
    tail = file.read(5)[1:]
    is_last = len(tail) < 4 and not tail.strip() and file.tell() >= end
    return end + len(tail) if tail == b"\r\n\r\n" or is_last else None
