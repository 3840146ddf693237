"""Places of an archive in a bucket of S3, or of another store that speaks it, used as paths are.

What an archive needs, and no more: objects are listed, read, removed, and put whole, in one request, of which readers
see all or nothing. What else a path can do raises TypeError, so that nothing goes astray on this machine.
"""

import errno
import hashlib
import io
import os
import shutil
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from fnmatch import fnmatchcase
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PosixPath
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

from tasks.storage import open_file

SCHEME = "s3:"
_GONE = frozenset(("404", "NoSuchKey", "NotFound"))
_CHANGED = frozenset(("412", "PreconditionFailed", "ConditionalRequestConflict"))
AT_ONCE = 16  # requests
Result = TypeVar("Result")
_TRIES, _CONNECT_SECONDS, _READ_SECONDS = 5, 20, 60


@dataclass(frozen=True, slots=True)
class Version:
    """An object as it was: its bytes, what names this version of it, and its age in seconds by the store's clock."""

    content: bytes
    etag: str
    age: float


class S3Path(PosixPath):
    """A place in a bucket, as `S3Path("s3://bucket/prefix")`. Methods raise OSError, as a path's do."""

    __slots__ = ()

    def __str__(self) -> str:
        return super().__str__().replace(f"{SCHEME}/", f"{SCHEME}//", 1)

    def __fspath__(self) -> NoReturn:
        raise TypeError(f"not a file of this machine: {self}")

    @property
    def bucket(self) -> str:
        """The bucket."""
        return self.parts[1]

    @property
    def key(self) -> str:
        """The object's key; a folder's has no slash at its end. Empty for the bucket itself."""
        return "/".join(self.parts[2:])

    @property
    def in_store(self) -> str:
        """Bucket and key, as Arrow's file system names the object."""
        return f"{self.bucket}/{self.key}"

    @property
    def desk(self) -> Path:
        """The folder of this machine for what is on its way to this place."""
        digest = hashlib.sha256(f"{_endpoint()} {self}".encode()).hexdigest()
        caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        return Path(caches) / "stet" / digest[:16]

    def absolute(self) -> "S3Path":
        """The place itself."""
        return self

    def resolve(self, strict: bool = False) -> "S3Path":  # noqa: ARG002
        """The place itself."""
        return self

    def as_uri(self) -> str:
        """The URL."""
        return str(self)

    def mkdir(self, mode: int = 0o777, parents: bool = False, exist_ok: bool = False) -> None:
        """Do nothing: a store has no folders."""

    def exists(self) -> bool:  # type: ignore[override, unused-ignore]  # newer Pythons have follow_symlinks
        """Whether there is an object here, or any below."""
        return self.is_file() or self.is_dir()

    def is_symlink(self) -> bool:
        """No."""
        return False

    def is_file(self) -> bool:  # type: ignore[override, unused-ignore]
        """Whether there is an object here."""
        try:
            return self.stat() is not None
        except FileNotFoundError:
            return False

    def is_dir(self) -> bool:  # type: ignore[override, unused-ignore]
        """Whether there are objects below."""
        return next(self.below(1), None) is not None

    def stat(self, *, follow_symlinks: bool = True) -> os.stat_result:  # noqa: ARG002
        """The object's size and time."""
        with self._errors():
            found = _client().head_object(Bucket=self.bucket, Key=self.key)
        moment = int(found["LastModified"].timestamp())
        return os.stat_result((0, 0, 0, 1, 0, 0, found["ContentLength"], moment, moment, moment))

    def below(self, at_once: int = 1000) -> "Iterator[S3Path]":
        """All objects below, at any depth, by name; none where there is no such bucket."""
        asked = {"Bucket": self.bucket, "Prefix": self._prefix, "MaxKeys": at_once}
        bucket = S3Path(f"{SCHEME}//{self.bucket}")
        with suppress(FileNotFoundError), self._errors():
            for page in _client().get_paginator("list_objects_v2").paginate(**asked):
                keys = [entry["Key"] for entry in page.get("Contents", ())]
                # A store's console makes an empty object of a new folder.
                yield from (bucket / key for key in keys if not key.endswith("/"))

    def glob(self, pattern: str) -> "Iterator[S3Path]":  # type: ignore[override, unused-ignore]
        """The objects below whose names, part by part, are like the pattern's."""
        wanted, depth = pattern.split("/"), len(self.parts)
        for place in self.below():
            names = place.parts[depth:]
            if len(names) == len(wanted) and all(map(fnmatchcase, names, wanted)):
                yield place

    def iterdir(self) -> "Iterator[S3Path]":  # type: ignore[override, unused-ignore]
        """What is directly below, objects and folders."""
        depth = len(self.parts)
        yield from dict.fromkeys(self / place.parts[depth] for place in self.below())

    def open(self, mode: str = "r", *_: Any) -> io.BufferedReader:  # type: ignore[override]
        """The object, to be read as bytes; seeking asks for that part of it alone."""
        if mode != "rb":
            raise TypeError(f"only to be read as bytes: {self}")
        return open_file(str(self))

    def read_bytes(self) -> bytes:
        """The object's content."""
        found = self.version()
        if found is None:
            raise FileNotFoundError(errno.ENOENT, "no such object", str(self))
        return found.content

    def read_text(self, encoding: str | None = None, *_: Any) -> str:
        """The object's content as text."""
        return self.read_bytes().decode(encoding or "utf-8")

    def write_bytes(self, data: bytes) -> int:  # type: ignore[override]
        """Put an object."""
        with self._errors():
            _client().put_object(Bucket=self.bucket, Key=self.key, Body=data)
        return len(data)

    def write_text(self, data: str, encoding: str | None = None, *_: Any) -> int:
        """Put an object of text."""
        return self.write_bytes(data.encode(encoding or "utf-8"))

    def put(self, file: Path) -> None:
        """Put a file of this machine here, in one request: cut short, it leaves nothing."""
        with self._errors(), file.open("rb") as content:
            _client().put_object(Bucket=self.bucket, Key=self.key, Body=content)

    def bring(self, file: Path) -> None:
        """Copy the object to a file of this machine, whose folder is there."""
        with self._errors(), file.open("wb") as content:
            shutil.copyfileobj(_client().get_object(Bucket=self.bucket, Key=self.key)["Body"], content)

    def take(self, place: "S3Path") -> None:
        """Put a copy of another object here, which the store makes in one step."""
        with self._errors():
            source = {"Bucket": place.bucket, "Key": place.key}
            _client().copy_object(Bucket=self.bucket, Key=self.key, CopySource=source)

    def put_if(self, data: bytes, etag: str | None) -> str:
        """Put an object in the place of a version of it; None: where there is none. Returns its etag.

        Raises FileExistsError where something else is there. A store without conditions puts it in any case.
        """
        condition = {"IfNoneMatch": "*"} if etag is None else {"IfMatch": etag}
        put = {"Bucket": self.bucket, "Key": self.key, "Body": data}
        with self._errors():
            try:
                found = _client().put_object(**put, **condition)
            except OSError as error:
                if error.errno != errno.ENOTSUP:
                    raise
                found = _client().put_object(**put)
        return str(found["ETag"])

    def version(self) -> Version | None:
        """The object as it is now; None where there is none."""
        try:
            with self._errors():
                found = _client().get_object(Bucket=self.bucket, Key=self.key)
                content: bytes = found["Body"].read()
        except FileNotFoundError:
            return None
        now = parsedate_to_datetime(found["ResponseMetadata"]["HTTPHeaders"]["date"])
        return Version(content, found["ETag"], (now - found["LastModified"]).total_seconds())

    def unlink(self, missing_ok: bool = False) -> None:  # noqa: ARG002
        """Remove the object; that there is none is no error."""
        with self._errors():
            _client().delete_object(Bucket=self.bucket, Key=self.key)

    def remove_below(self) -> None:
        """Remove all objects below."""
        for place in self.below():
            place.unlink()

    def check(self) -> None:
        """Raise OSError where there is no such bucket, or no key to it."""
        with self._errors():
            _client().list_objects_v2(Bucket=self.bucket, Prefix=self._prefix, MaxKeys=1)

    @property
    def _prefix(self) -> str:
        return f"{self.key}/" if self.key else ""

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Turn the store's errors into those of a path."""
        from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

        try:
            yield
        except ClientError as error:
            raise _os_error(error.response.get("Error", {}), self) from error
        except BotoCoreError as error:
            raise OSError(" ".join(str(error).split())) from error


def fetched(read: Callable[[Path], Result], places: Iterable[Path]) -> Iterator[Result]:
    """Read one place after the other, in order; at S3 the next ones are asked for meanwhile."""
    waiting: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for place in places:
            if not isinstance(place, S3Path):
                yield read(place)
                continue
            waiting.append(pool.submit(read, place))
            if len(waiting) == AT_ONCE:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def s3_path(url: str) -> S3Path:
    """The place that a URL names. Raises ValueError where no archive can be, or what reaches it is not installed."""
    parts = urlsplit(url)
    if parts.scheme.lower() != SCHEME.rstrip(":"):
        raise ValueError(f"an archive is a folder here or s3://bucket/prefix, not {parts.scheme}://")
    if not parts.netloc or not parts.path.strip("/"):
        raise ValueError(f"an archive at S3 has a bucket and a prefix, as s3://bucket/prefix: {url!r}")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise ValueError("keys and endpoint of an archive at S3 come from the environment, not its URL")
    if not find_spec("boto3"):
        raise ValueError("an archive at S3 needs an extra: pip install 'stet[s3]'")
    return S3Path(f"{SCHEME}//{parts.netloc}{parts.path}")


def _os_error(said: dict[str, str], place: S3Path) -> OSError:
    code = said.get("Code", "")
    if code in _GONE:
        return FileNotFoundError(errno.ENOENT, "no such object", str(place))
    if code in _CHANGED:
        return FileExistsError(errno.EEXIST, "another version is there", str(place))
    if code == "NotImplemented":
        return OSError(errno.ENOTSUP, "the store cannot do it", str(place))
    if code == "NoSuchBucket":
        return FileNotFoundError(errno.ENOENT, "no such bucket", place.bucket)
    return OSError(f"{code} {said.get('Message', '')}".strip())


def _endpoint() -> str:
    return os.environ.get("AWS_ENDPOINT_URL_S3") or os.environ.get("AWS_ENDPOINT_URL") or ""


def _client() -> Any:
    return _client_of(_endpoint())


@cache
def _client_of(endpoint: str) -> Any:
    import boto3  # noqa: PLC0415  (an extra)
    from botocore.config import Config  # noqa: PLC0415

    retries = {"mode": "standard", "max_attempts": _TRIES}
    timeouts = {"connect_timeout": _CONNECT_SECONDS, "read_timeout": _READ_SECONDS}
    config = Config(retries=retries, max_pool_connections=AT_ONCE, **timeouts)
    return boto3.client("s3", endpoint_url=endpoint or None, config=config)
