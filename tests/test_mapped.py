"""Keys and arrays that lie in files: what they hold, and that they are none of the process's memory once let go."""

from pathlib import Path

import numpy as np
import pytest

from outputs.ledger import KEY, SeenPages
from outputs.mapped import joined, let_go


def keys(start: int, end: int) -> list[bytes]:
    return [number.to_bytes(16, "big") for number in range(start, end)]


def test_seen_pages_lie_in_few_files(tmp_path, monkeypatch):
    monkeypatch.setattr(SeenPages, "_RECENT", 10)
    seen = SeenPages(tmp_path)
    for start in range(256, 256 + 1000, 7):
        seen.update(keys(start, start + 7))
    assert all(key in seen for key in keys(256, 256 + 1000))
    assert not any(key in seen for key in keys(2000, 2100))
    assert len(seen._recent) < 10
    assert len(list(tmp_path.iterdir())) == len(seen._older) < 10


def test_a_seen_key_may_end_in_zeros(tmp_path, monkeypatch):
    monkeypatch.setattr(SeenPages, "_RECENT", 1)
    seen = SeenPages(tmp_path)
    seen.update([b"abc" + bytes(13)])
    assert b"abc" + bytes(13) in seen
    assert b"abd" + bytes(13) not in seen


def test_what_is_let_go_is_read_again(tmp_path):
    rows = joined([np.arange(5), np.arange(3)], tmp_path / "rows.npy")
    rows += 1
    let_go(rows)
    assert rows.tolist() == [1, 2, 3, 4, 5, 1, 2, 3]
    assert np.load(tmp_path / "rows.npy").tolist() == rows.tolist()
    let_go(np.zeros(3, KEY))  # lies in no file


on_linux = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="only Linux says it there")


def resident() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


@on_linux
def test_a_mapped_file_that_is_let_go_is_not_in_memory(tmp_path):
    rows = joined([np.ones(4_000_000)], tmp_path / "rows.npy")
    assert rows.sum() == 4_000_000
    held = resident()
    let_go(rows)
    assert held - resident() > 30_000_000


@on_linux
def test_arrays_are_joined_without_being_in_memory(tmp_path):
    earlier = joined([np.arange(12_000_000).reshape(3, -1)], tmp_path / "earlier.npy")
    held = resident()
    rows = joined([earlier, earlier], tmp_path / "rows.npy")
    assert resident() - held < 20_000_000
    assert (rows == np.concatenate([earlier, earlier], axis=1)).all()
