"""Workers' functions with pages that kill, hang or break their process. Importable by the worker processes."""

import ctypes
import faulthandler
import os
import signal

from config.limits import Limits
from outputs.batch import BatchJob, archive_batch
from outputs.staging import StagedBatch
from tasks.page import Article, Label, LabelledBlock, Metadata, RawPage, Rejected


def clean(raw: RawPage, limits: Limits) -> Article | Rejected:
    """Archive a page as it is, or do what it says."""
    text = raw.content.decode()
    if text.startswith("kill"):
        os.kill(os.getpid(), signal.SIGKILL)
    if text.startswith("hang"):  # where no signal handler of Python's is run: inside C
        faulthandler.dump_traceback_later(limits.page_seconds, exit=True, file=2)
        ctypes.PyDLL(None).sleep(60)
    block = LabelledBlock(text, Label.PARAGRAPH, "test", 1.0)
    return Article(raw.source_name, "", Metadata(), (block,), 1.0)


def batch(job: BatchJob) -> StagedBatch:
    """Clean a batch with `clean`."""
    return archive_batch(job, clean)


def broken(job: BatchJob) -> StagedBatch:
    """Fail as a defect of the worker itself does."""
    raise ValueError("this worker is broken")
