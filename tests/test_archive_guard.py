"""One page does not stop a batch."""

import resource
import threading
import time
from pathlib import Path

import pytest

from outputs.guard import page_guard
from tasks.page import Rejected, RejectReason


def spin():
    end = time.monotonic() + 30
    while time.monotonic() < end:
        pass


def spin_and_swallow():
    for _ in range(1000):
        try:
            spin()
        except Exception:  # noqa: BLE001
            continue


@pytest.mark.parametrize("step", [spin, spin_and_swallow, lambda: time.sleep(30)])
def test_a_page_over_its_time_is_stopped_and_the_next_is_not(step):
    with page_guard(0.05) as guard:
        outcome = guard.attempt("a.html", step)
        assert outcome == Rejected("a.html", RejectReason.TIMEOUT, "not done after 0.05 s")
        assert guard.attempt("b.html", lambda: "fine") == "fine"


def test_no_timer_is_left_behind():
    with page_guard(0.05) as guard:
        guard.attempt("a.html", lambda: None)
        time.sleep(0.1)


def recurse(n=0):
    return recurse(n + 1)


@pytest.mark.parametrize(
    ("error", "name"), [(ValueError("a\nb"), "ValueError"), (MemoryError(), "MemoryError"), (KeyError("k"), "KeyError")]
)
def test_an_error_is_a_reject_that_says_what_and_where(error, name):
    def step():
        raise error

    with page_guard(1) as guard:
        outcome = guard.attempt("a.html", step)
    assert outcome.reason is RejectReason.CRASHED
    assert outcome.detail.startswith(f"{name} at tests/test_archive_guard.py:")
    assert "\n" not in outcome.detail


def test_endless_recursion_is_a_reject():
    with page_guard(5) as guard:
        assert guard.attempt("a.html", recurse).detail.startswith("RecursionError at ")


@pytest.mark.parametrize("stop", [KeyboardInterrupt, SystemExit])
def test_a_request_to_stop_is_obeyed(stop):
    def step():
        raise stop

    with page_guard(1) as guard, pytest.raises(stop):
        guard.attempt("a.html", step)


def test_outside_the_main_thread_pages_run_without_a_timer():
    outcomes = []

    def work():
        with page_guard(0.01) as guard:
            outcomes.append(guard.attempt("a.html", lambda: time.sleep(0.05) or "done"))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert outcomes == ["done"]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="memory is counted on Linux alone")
def test_a_page_over_its_memory_is_stopped_and_the_next_is_not():
    before = resource.getrlimit(resource.RLIMIT_DATA)
    with page_guard(20, 150) as guard:
        assert guard.attempt("a.html", lambda: len(bytearray(100_000_000))) == 100_000_000
        outcome = guard.attempt("b.html", lambda: len(bytearray(200_000_000)))
        assert outcome.reason is RejectReason.CRASHED
        assert outcome.detail.endswith("(limit: 150 MB)")
        held = bytearray(200_000_000)  # between pages there is no limit, and what is there does not count
        assert guard.attempt("c.html", lambda: len(bytearray(100_000_000)) + len(held)) == 300_000_000
    assert resource.getrlimit(resource.RLIMIT_DATA) == before
