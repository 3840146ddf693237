"""The pages of ZIP and tar files: the members that have a page's name, as in a folder."""

import io
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from tarfile import InvalidHeaderError, TarFile, TruncatedHeaderError  # type: ignore[attr-defined]
from typing import BinaryIO, Self

from config.limits import Limits
from tasks.formats import Format, format_of
from tasks.page import RawPage, Rejected, RejectReason
from tasks.refs import PageRef, Record, safe_name, unreadable
from tasks.storage import Place, open_file
from tasks.streams import span, stream_at
from tasks.unpack import Codec, Inflater, Packing, Unpacked, UnpackError, check_end, packing_of, page_bytes

_LOCAL_HEAD = struct.Struct("<4s22xHH")  # of a ZIP's member: magic, …, lengths of its name and its extra field
_BUFFER = 1 << 16  # bytes
_MAX_TAR_HEAD = 1 << 20  # bytes of a long name or of extended fields, which tarfile takes into memory
_ENCRYPTED = 0x1
_ZIP_ERRORS = (OSError, zipfile.BadZipFile, NotImplementedError, UnicodeDecodeError, IndexError, struct.error)
_NESTED = "a file of pages inside a file of pages is not opened"


@dataclass(frozen=True, slots=True)
class TarMember:
    """A member of a tar file: the offset and size of its content in the tar, which is packed itself or not."""

    start: int
    size: int
    packing: Packing | None

    def approach(self, place: Place) -> None:
        """Go to the member."""
        if self.packing:
            with stream_at(place, self.packing, self.start):
                pass

    def read(self, place: Place, source_name: str, limits: Limits) -> RawPage | Rejected:
        """The page in the member."""
        if self.size > limits.max_page_bytes:
            return Rejected(source_name, RejectReason.TOO_LARGE, f"{self.size:,} bytes", size=self.size)
        content = io.BytesIO(span(place, self.packing, self.start, self.size))
        return RawPage(source_name, page_bytes(content, limits.max_page_bytes))


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A member of a ZIP file: the offset of its head, its size as packed, and its content's checksum."""

    start: int
    size: int
    is_packed: bool
    crc: int

    def approach(self, place: Place) -> None:
        """A member can be gone to at once."""

    def read(self, place: Place, source_name: str, limits: Limits) -> RawPage | Rejected:
        """The page in the member."""
        if self.size > limits.max_page_bytes:
            return Rejected(source_name, RejectReason.TOO_LARGE, f"{self.size:,} bytes packed", size=self.size)
        with stream_at(place, None, self.start) as stream:
            content = self._content(stream)
        checked = io.BufferedReader(_Checked(content, self.crc), _BUFFER)
        return RawPage(source_name, page_bytes(checked, limits.max_page_bytes))

    def _content(self, stream: BinaryIO) -> BinaryIO:
        head = stream.read(_LOCAL_HEAD.size)
        if len(head) < _LOCAL_HEAD.size or not head.startswith(b"PK\3\4"):
            raise UnpackError("no member where the ZIP's directory says")
        _, name, extra = _LOCAL_HEAD.unpack(head)
        stream.seek(name + extra, io.SEEK_CUR)
        data = stream.read(self.size)
        if len(data) < self.size:
            raise UnpackError("the file ends early")
        content = io.BytesIO(data)
        return io.BufferedReader(Unpacked(content, _DEFLATE), _BUFFER) if self.is_packed else content


_DEFLATE = Codec("deflate", partial(Inflater, -zlib.MAX_WBITS), (zlib.error,))


class _Checked(io.RawIOBase):
    """A member's content, whose checksum is compared at its end."""

    def __init__(self, content: BinaryIO, crc: int) -> None:
        self._content = content
        self._wanted = crc
        self._crc = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        """Fill some of the buffer; 0 at the end. Raises UnpackError where the content is not what was packed."""
        data = self._content.read(len(buffer))
        if not data:
            check_end(self._content)
        self._crc = zlib.crc32(data, self._crc)
        if not data and self._crc != self._wanted:
            raise UnpackError("wrong checksum")
        buffer[: len(data)] = data
        return len(data)


def zip_pages(place: Place, name: str) -> Iterator[PageRef]:
    """The pages of a ZIP file, in its directory's order. The directory is held: half a kilobyte a member."""
    try:
        with open_file(place) as file, zipfile.ZipFile(file) as archive:
            for member in archive.infolist():
                if not member.is_dir():
                    yield from _page(place, name, member.filename, _zip_record(member))
    except _ZIP_ERRORS as error:
        yield unreadable(place, name, f"a broken ZIP file: {error}")


def tar_pages(place: Place, name: str) -> Iterator[PageRef]:
    """The pages of a tar file, packed or not, in its order."""
    try:
        with open_file(place) as file:
            packing = packing_of(file.read(8))
        with stream_at(place, packing, 0) as stream:
            yield from _tar_pages(place, name, stream, packing)
            check_end(stream)
    except (OSError, tarfile.TarError, ValueError) as error:
        yield unreadable(place, name, f"a broken tar file: {error}")


def _tar_pages(place: Place, name: str, stream: BinaryIO, packing: Packing | None) -> Iterator[PageRef]:
    with tarfile.open(fileobj=stream, mode="r|" if packing else "r:", tarinfo=_TarHead) as archive:
        for member in archive:
            archive.members.clear()  # type: ignore[attr-defined]  # tarfile keeps all that it has seen
            if member.isreg():
                record = TarMember(member.offset_data, member.size, packing)
                yield from _page(place, name, member.name, "a sparse file" if member.issparse() else record)


def _page(place: Place, name: str, member: str, record: Record | str) -> Iterator[PageRef]:
    """The page in a member, if it has a page's name. A string for a record is why it cannot be read."""
    kind, full_name = format_of(member), f"{name}#{safe_name(member)}"
    if kind is Format.PAGE:
        yield unreadable(place, full_name, record) if isinstance(record, str) else PageRef(place, full_name, record)
    elif kind not in (None, Format.LIST):
        yield unreadable(place, full_name, _NESTED)


def _zip_record(member: zipfile.ZipInfo) -> Record | str:
    if member.flag_bits & _ENCRYPTED:
        return "encrypted"
    if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"packed by method {member.compress_type}, not by deflate"
    is_packed = member.compress_type == zipfile.ZIP_DEFLATED
    return ZipMember(member.header_offset, member.compress_size, is_packed, member.CRC)


class _TarHead(tarfile.TarInfo):
    """A member's head. A broken one is an error, where tarfile takes it for the end, and none may fill the memory."""

    @classmethod
    def fromtarfile(cls, tarfile: TarFile) -> Self:
        try:
            return super().fromtarfile(tarfile)
        except (InvalidHeaderError, TruncatedHeaderError) as error:
            raise UnpackError(str(error)) from error

    def _proc_member(self, tarfile: TarFile) -> Self:
        if self.type in _LONG_HEADS and self.size > _MAX_TAR_HEAD:
            raise UnpackError("a head of more than a megabyte")
        member: Self = super()._proc_member(tarfile)  # type: ignore[misc]
        return member


_LONG_HEADS = (
    tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK, tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE,
)  # fmt: skip
