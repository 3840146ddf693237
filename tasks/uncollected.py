"""No search for cycles of garbage while a page is cleaned: it makes many objects, and hardly a cycle."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep Python's collector from running, and let it again at the end where it was not off before.

    Where threads overlap, the one that turned it off turns it on again: it rests most of the time, and never for good.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
