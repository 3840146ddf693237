"""A made-up press for docs/tour.md: six publishers, the nights before, and a night on which one has changed its pages.

`python -m tests.press nights FOLDER` archives eight days into FOLDER/archive, as a run each night would have;
`python -m tests.press tonight FOLDER` puts today's pages into FOLDER/pages; `later` adds some. Needs no more than Stet.
"""

import sys
import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

from config.limits import Limits
from outputs.archive import open_run
from outputs.batch import archive_batch
from outputs.report import Report
from outputs.report_run import manifest_record, write_report
from outputs.report_tally import Tally
from tasks.read import find_pages
from tests.watch_pages import BREAKS, SITES, page

NIGHTS, PAGES = 8, 6
CHANGED = {"norderney-bote.example": "promo added to each page"}


def write_day(folder: Path, day: datetime, broken: Mapping[str, str], first: int = 0) -> Path:
    """Write the pages of six publishers on a day; `broken` says whose have changed, and how."""
    for site in SITES[:6]:
        now = BREAKS[broken[site.domain]](site) if site.domain in broken else site
        (folder / site.domain).mkdir(parents=True, exist_ok=True)
        for at in range(first, first + PAGES):
            (folder / site.domain / f"{day:%Y%m%d}-{at}.html").write_text(page(now, day, at), "utf-8")
    return folder


def archive_and_report(archive: Path, source: Path, now: datetime) -> Report:
    """Do at a time of the past what a run does, in this process and without Prefect."""
    refs = list(find_pages([source]))
    tally = Tally()
    with open_run(archive, [str(source)], now=now) as run:
        run.commit(archive_batch(run.job(0, refs, Limits())))
        manifest = run.finish(len(refs))
        tally.add(run.layout, [file.path for file in run.files])
        return write_report(run.layout, manifest_record(manifest), tally).report


def main(what: str, folder: Path) -> None:
    """Do what the module's description says."""
    today = datetime.now(UTC)
    if what == "nights":
        for ago in range(NIGHTS, 0, -1):
            day = today - timedelta(ago)
            with tempfile.TemporaryDirectory() as pages:
                report = archive_and_report(folder / "archive", write_day(Path(pages), day, {}), day)
            print(
                f"{day:%Y-%m-%d}: {report.manifest['counts']['archived']} articles into {folder / 'archive'}",
                flush=True,
            )
    else:
        pages = write_day(folder / "pages", today, CHANGED, first=0 if what == "tonight" else PAGES)
        print(f"{len(list(pages.rglob('*.html')))} pages in {pages}")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
