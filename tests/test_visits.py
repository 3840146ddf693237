"""Files that have not changed are not read again, and all others are."""

import gzip
import os
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from config.limits import Limits
from flows import archiving as archiving_module
from flows.archiving import Request, open_archiving
from outputs import visits as visits_module
from outputs.batch import BatchJob
from outputs.layout import Layout
from outputs.ledger import KEY, NO_KEY, KnownPages
from outputs.manifest import Counts
from outputs.staging import StagedBatch
from outputs.visits import Visits
from outputs.visits_file import FILE, Writer
from tasks import states
from tasks.formats import Format
from tasks.sources import SourceFile, find_files
from tasks.states import name_key, state_of
from tests import flow_nasty
from tests.s3_server import put, s3_server
from tests.source_samples import lines, packed, record, tar_bytes, write_zip


class Here:
    """Cleans in this process."""

    count = 1
    pages = 0

    def begin(self, job: BatchJob) -> Callable[[], list[StagedBatch]]:
        return lambda: [flow_nasty.batch(job)]

    def stop(self) -> None:
        pass

    close = stop


@pytest.fixture(autouse=True)
def here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archiving_module, "_cleaners", lambda *_: Here())


@pytest.fixture(autouse=True)
def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """All files are old enough; a test of what is not says so."""
    monkeypatch.setattr(states, "_TICK_NS", -1_000_000_000)


def run(source: Path | str, archive: Path, **asked: bool) -> tuple[Counts, int]:
    """The counts, and how many pages were passed over."""
    with open_archiving(Request((source,), archive, 1, 4, Limits(), **asked)) as archiving:
        archiving.start_ahead()
        for number in archiving.jobs():
            archiving.commit(archiving.outcome(number))
        counts = archiving.finish().counts
    assert counts.read == counts.archived + counts.unchanged + counts.duplicate + counts.rejected_total
    return counts, archiving._pages.passed_over


def write(folder: Path, count: int = 9) -> Path:
    folder.mkdir(parents=True)
    for number in range(count):
        (folder / f"{number}.html").write_text(f"Page {number} is a good page.")
    return folder


def test_unchanged_files_are_not_read(tmp_path: Path) -> None:
    source, archive = write(tmp_path / "pages"), tmp_path / "archive"
    assert run(source, archive) == (Counts(9, 9), 0)
    assert run(source, archive) == (Counts(9, 0, 9), 9)
    (source / "new.html").write_text("A page that came in since.")
    assert run(source, archive) == (Counts(10, 1, 9), 9)
    (source / "1.html").unlink()
    assert run(source, archive) == (Counts(9, 0, 9), 9)
    assert run(source, archive) == (Counts(9, 0, 9), 9)


def test_a_change_is_seen_that_size_and_time_of_modification_do_not_show(tmp_path: Path) -> None:
    source, archive = write(tmp_path / "pages"), tmp_path / "archive"
    run(source, archive)
    changed = source / "3.html"
    times = changed.stat()
    changed.write_text("Page X is a good page.")  # as many bytes, and at the same time, as it says
    os.utime(changed, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert (changed.stat().st_size, changed.stat().st_mtime_ns) == (times.st_size, times.st_mtime_ns)
    assert run(source, archive) == (Counts(9, 1, 8), 8)


def test_another_file_in_its_place_is_read(tmp_path: Path) -> None:
    source, archive = write(tmp_path / "pages"), tmp_path / "archive"
    run(source, archive)
    (source / "3.html").rename(tmp_path / "x")
    (source / "4.html").rename(source / "3.html")
    (tmp_path / "x").rename(source / "4.html")
    assert run(source, archive) == (Counts(9, 0, 9), 7)


def test_a_file_that_changed_just_now_is_read_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(states, "_TICK_NS", 60_000_000_000)
    source, archive = write(tmp_path / "pages"), tmp_path / "archive"
    for path in source.iterdir():
        os.utime(path, (0, 0))  # what it says of itself is no proof
    run(source, archive)
    assert run(source, archive) == (Counts(9, 0, 9), 0)
    monkeypatch.setattr(states, "_TICK_NS", -1_000_000_000)
    assert run(source, archive) == (Counts(9, 0, 9), 0)
    assert run(source, archive) == (Counts(9, 0, 9), 9)


def test_a_time_in_the_future_is_no_state(tmp_path: Path) -> None:
    source = write(tmp_path / "pages", 1)
    [file] = find_files([source])
    assert state_of(file)
    os.utime(source / "0.html", (time.time() + 900, time.time() + 900))
    assert state_of(file) is None


def test_all_is_read_again_where_that_is_asked_for(tmp_path: Path) -> None:
    source, archive = write(tmp_path / "pages"), tmp_path / "archive"
    run(source, archive)
    assert run(source, archive, reread=True) == (Counts(9, 0, 9), 0)
    assert run(source, archive) == (Counts(9, 0, 9), 9)


def test_what_the_archive_has_lost_is_read_again(tmp_path: Path) -> None:
    source, archive = write(tmp_path / "pages"), tmp_path / "archive"
    run(source, archive)
    shutil.rmtree(archive / "articles")
    shutil.rmtree(archive / "text")
    for manifest in (archive / "_runs").glob("*.json"):
        manifest.unlink()
    assert run(source, archive) == (Counts(9, 9), 0)


def write_bundles(folder: Path) -> Path:
    folder.mkdir()
    texts = [f"Page {number} is a good page." for number in range(40)]
    pages = {f"{number}.html": text.encode() for number, text in enumerate(texts)}
    (folder / "a.warc.gz").write_bytes(packed([record(number, page) for number, page in enumerate(pages.values())]))
    (folder / "b.warc").write_bytes(record(1, kind="request"))  # without a page
    (folder / "c.jsonl").write_bytes(lines({"text": f"{text} Again."} for text in texts))
    write_zip(folder / "d.zip", {name: page + b" In a ZIP." for name, page in pages.items()})
    (folder / "e.tar.gz").write_bytes(gzip.compress(tar_bytes(pages)))
    return folder


def test_files_of_many_pages_are_passed_over_whole(tmp_path: Path) -> None:
    source, archive = write_bundles(tmp_path / "pages"), tmp_path / "archive"
    assert run(source, archive) == (Counts(160, 120, 0, 40), 0)
    assert run(source, archive) == (Counts(160, 0, 160), 160)
    with (source / "c.jsonl").open("ab") as file:
        file.write(lines([{"text": "One more."}]))
    assert run(source, archive) == (Counts(161, 1, 160), 120)
    assert run(source, archive) == (Counts(161, 0, 161), 161)


def test_a_file_with_a_page_that_could_not_be_read_is_read_again(tmp_path: Path) -> None:
    source, archive = write_bundles(tmp_path / "pages"), tmp_path / "archive"
    for name in ("a.warc.gz", "e.tar.gz"):
        (source / name).write_bytes((source / name).read_bytes()[:-300])
    first, _ = run(source, archive)
    assert first.rejected_total == 2
    again, passed_over = run(source, archive)
    assert (again.unchanged, passed_over) == (again.read, 80)


@pytest.mark.parametrize("damage", [b"", b"x", bytes(200), None])
def test_damage_to_what_is_kept_costs_time_alone(tmp_path: Path, damage: bytes | None) -> None:
    source, archive = write(tmp_path / "pages"), tmp_path / "archive"
    run(source, archive)
    [kept] = (archive / "_index").glob("visits-*.bin")
    content = bytearray(kept.read_bytes())
    content[len(content) // 2] ^= 4
    kept.write_bytes(bytes(content) if damage is None else damage)
    assert run(source, archive) == (Counts(9, 0, 9), 0)
    assert run(source, archive) == (Counts(9, 0, 9), 9)


def test_sources_have_a_memory_each_and_old_ones_are_forgotten(tmp_path: Path) -> None:
    archive = tmp_path / "archive"
    sources = [write(tmp_path / name) for name in ("a", "b")]
    for source in sources:
        run(source, archive)
    assert [run(source, archive)[1] for source in sources] == [9, 9]
    kept = sorted((archive / "_index").glob("visits-*.bin"))
    assert len(kept) == 2
    for path in kept:
        os.utime(path, (0, 0))
    run(sources[0], archive)  # it is used, so it stays
    run(write(tmp_path / "c"), archive)
    assert len(list((archive / "_index").glob("visits-*.bin"))) == 2


def test_objects_of_a_store_are_passed_over_once_they_are_old(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3_server() as environment:
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        put(environment, "visits", {f"in/{number}.html": b"Page %d is a good page." % number for number in range(3)})
        archive = tmp_path / "archive"
        assert run("s3://visits/in", archive) == (Counts(3, 3), 0)
        assert run("s3://visits/in", archive) == (Counts(3, 0, 3), 0)
        monkeypatch.setattr(states, "_REMOTE_TICK_NS", -5_000_000_000)
        assert run("s3://visits/in", archive) == (Counts(3, 0, 3), 0)
        assert run("s3://visits/in", archive) == (Counts(3, 0, 3), 3)
        put(environment, "visits", {"in/1.html": b"Another page."})
        assert run("s3://visits/in", archive) == (Counts(3, 1, 2), 2)


def test_names_and_states_tell_files_apart() -> None:
    files = [SourceFile(place, name, Format.PAGE) for place in ("s3://a/b", "s3://a/c") for name in ("b", "c")]
    assert len({name_key(file) for file in files}) == 4
    objects = [SourceFile("s3://a/b", "b", Format.PAGE, size, time) for size in (1, 2) for time in (1, 2)]
    assert len({state_of(file) for file in objects}) == 4
    assert state_of(files[0]) is None


Files = Sequence[Sequence[bool]]  # of each page of each file, whether it can be read


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.lists(st.booleans(), max_size=7), min_size=1, max_size=12),
    st.lists(st.booleans(), min_size=12, max_size=12),
    st.integers(1, 9),
)
def test_batches_of_any_size_over_files_of_any_size(
    tmp_path_factory: pytest.TempPathFactory, files: Files, changed: Sequence[bool], batch: int
) -> None:
    """What is carried over, and what is new, is found the next time; what could not be read never is."""
    folder = tmp_path_factory.mktemp("visits")
    keys = {(name, page): b"%08d%08d" % (name + 1, page + 1) for name in range(12) for page in range(7)}
    known = KnownPages(np.sort(np.array([NO_KEY, *keys.values()], KEY)))
    paths = [folder / f"{name}.html" for name in range(len(files))]
    for path in paths:
        path.write_text("x")
    whole = [all(pages) for pages in files]
    expected: list[int | None] = [None] * len(files)
    for turn in range(3):
        visits = Visits(Layout(folder), _made(folder / str(turn)), [folder], known)
        looked = visits.look([SourceFile(str(path), path.name, Format.PAGE) for path in paths])
        assert [visit.known for visit in looked] == expected
        stream = b""
        for name, (visit, pages) in enumerate(zip(looked, files, strict=True)):
            if visit.known is None:
                visits.read(visit)
                visit.found, visit.is_over = len(pages), True
                stream += b"".join(keys[name, at] if is_read else NO_KEY for at, is_read in enumerate(pages))
        for at in range(0, len(stream), 16 * batch):
            visits.settle(stream[at : at + 16 * batch])
        visits.keep()
        expected = [len(pages) if is_whole else None for pages, is_whole in zip(files, whole, strict=True)]
        if turn == 1:
            for name, path in enumerate(paths):
                if changed[name]:
                    path.write_text("y")
                    os.utime(path, (turn, turn))
                    expected[name] = None


def _made(folder: Path) -> Path:
    folder.mkdir()
    return folder


def test_a_file_that_is_passed_over_is_asked_for_its_state_once_and_never_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, archive = write(tmp_path / "pages"), tmp_path / "archive"
    run(source, archive)
    asked = list[Path]()
    stat, path_open = os.stat, Path.open

    def counted(path: Path | str, **how: bool) -> os.stat_result:
        asked.extend(file for file in files if str(file) == str(path))
        return stat(path, **how)

    def opened(path: Path, *how: object, **more: object) -> object:
        assert path not in files
        return path_open(path, *how, **more)  # type: ignore[call-overload]

    files = set(source.iterdir())
    monkeypatch.setattr(os, "stat", counted)
    monkeypatch.setattr(Path, "stat", counted)
    monkeypatch.setattr(Path, "open", opened)
    assert run(source, archive) == (Counts(9, 0, 9), 9)
    assert sorted(asked) == sorted(files)


def test_what_is_kept_is_written_in_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits_module, "_BLOCK", 7)
    written = list[int]()
    write_some = Writer._write

    def counted(writer: Writer, data: bytes) -> None:
        written.append(len(data))
        write_some(writer, data)

    source, archive = write(tmp_path / "pages", 100), tmp_path / "archive"
    run(source, archive)
    write(tmp_path / "more", 100)
    for path in (tmp_path / "more").iterdir():
        path.rename(source / f"more-{path.name}")
    monkeypatch.setattr(Writer, "_write", counted)
    run(source, archive)
    assert max(written) == 7 * FILE.itemsize
    assert run(source, archive)[1] == 200


def test_blocks_of_a_large_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(visits_module, "_BLOCK", 7)
    source, archive = write_bundles(tmp_path / "pages"), tmp_path / "archive"
    run(source, archive)
    assert run(source, archive)[1] == 160
    (source / "new.html").write_text("A page that came in since.")
    run(source, archive)
    assert run(source, archive)[1] == 161
