"""Places in a bucket behave as paths do, and nothing of them ever reaches this machine's files."""

import os
import pickle
import shutil
from pathlib import Path

import pytest

from outputs.s3 import S3Path


@pytest.fixture
def root(bucket: str) -> S3Path:
    return S3Path(f"s3://{bucket}/a b/ä")


def test_names_and_joins() -> None:
    place = S3Path("s3://bucket/a/b.parquet")
    assert (place.bucket, place.key, place.in_store) == ("bucket", "a/b.parquet", "bucket/a/b.parquet")
    assert str(place) == f"{place}" == place.as_uri() == "s3://bucket/a/b.parquet"
    assert (place.name, place.stem, str(place.parent)) == ("b.parquet", "b", "s3://bucket/a")
    assert place.parent / "b.parquet" == place == place.absolute() == place.resolve()
    assert hash(place.parent / "b.parquet") == hash(place)
    assert place.relative_to(S3Path("s3://bucket")).as_posix() == "a/b.parquet"
    assert sorted([place, place.parent]) == [place.parent, place]
    again = pickle.loads(pickle.dumps(place))
    assert (again, type(again), str(again)) == (place, S3Path, str(place))


@pytest.mark.parametrize(
    "use",
    [
        os.stat,
        open,
        shutil.rmtree,
        lambda place: place.rename("elsewhere"),
        lambda place: place.touch(),
        lambda place: place.rmdir(),
        lambda place: place.open("wb"),
        lambda place: place.chmod(0o600),
    ],
)
def test_what_is_not_for_it_is_an_error(use, monkeypatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError):
        use(S3Path("s3://bucket/place"))
    assert not list(tmp_path.iterdir())


def test_objects_come_and_go(root: S3Path, tmp_path: Path) -> None:
    assert not root.exists()
    (root / "one.txt").write_text("ü")
    (tmp_path / "two").write_bytes(bytes(range(256)) * 1000)
    (root / "deep" / "two.bin").put(tmp_path / "two")
    assert root.is_dir() and not root.is_file() and (root / "one.txt").is_file() and not (root / "one.txt").is_dir()
    assert (root / "one.txt").read_text("utf-8") == "ü"
    assert (root / "deep" / "two.bin").stat().st_size == 256_000
    with (root / "deep" / "two.bin").open("rb") as file:
        file.seek(-3, os.SEEK_END)
        assert file.read() == b"\xfd\xfe\xff"
    assert list(root.iterdir()) == [root / "deep", root / "one.txt"]
    assert list(root.below()) == [root / "deep" / "two.bin", root / "one.txt"]
    assert list(root.glob("*.txt")) == [root / "one.txt"]
    assert list(root.glob("d*/*.bin")) == [root / "deep" / "two.bin"]
    assert not list(root.glob("*.bin"))
    with pytest.raises(FileNotFoundError):
        (root / "none").read_bytes()
    (root / "one.txt").unlink()
    root.remove_below()
    assert not root.exists()


def test_a_folder_that_a_console_made_is_no_object(root: S3Path) -> None:
    from outputs.s3 import _client

    _client().put_object(Bucket=root.bucket, Key=f"{root.key}/empty/", Body=b"")
    assert not list(root.below())
    assert not root.is_dir()


def test_names_that_begin_alike_are_not_below(root: S3Path) -> None:
    (root.parent / f"{root.name}-more").write_text("x")
    assert not root.exists()


def test_it_is_put_on_conditions(root: S3Path) -> None:
    first = root.put_if(b"1", None)
    with pytest.raises(FileExistsError):
        root.put_if(b"2", None)
    second = root.put_if(b"2", first)
    with pytest.raises(FileExistsError):
        root.put_if(b"3", first)
    version = root.version()
    assert version and (version.content, version.etag) == (b"2", second)
    assert 0 <= version.age < 60
