"""What `stet inspect` and `stet label` do."""

import os
import tempfile
import webbrowser
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.text import Text

from config.limits import Limits
from flows.errors import CommandError, usage
from flows.reading import find_article, opened
from flows.reading_cli import archive_of, settings_of
from flows.rules import publishers_of
from outputs.inspector import Inspection, inspect_archived, inspect_page
from outputs.inspector_labels import Labels, LabelsError, add_labelled, find_raw, read_labels
from outputs.inspector_page import render
from outputs.plain import plain_line
from outputs.replacing import replacing
from outputs.views import Views
from tasks.formats import Format, format_of
from tasks.page import RawPage, Rejected
from tasks.publishers import Publishers
from tasks.read import PageRef, read_page

_STYLES = {"kept": "", "lifted": "cyan strike", "boilerplate": "red strike"}
_ARTICLE = "SELECT article_id FROM articles WHERE source_name = ? ORDER BY archived_at DESC LIMIT 1"
_REJECT = "FROM rejects WHERE source_name = ? ORDER BY archived_at DESC LIMIT 1"
_NAME_CHARS = 12  # of the column of labels


def inspect(
    page: str, archive: tuple[Path | None, Path | None], config: Path | None, *, to: Path | None, as_text: bool
) -> None:
    """Show a page: in the browser, in a file, or here. `archive` is what an argument and an option say of it."""
    settings = settings_of(config)
    limits, publishers = settings.limits, publishers_of(settings.publishers)
    if _is_page(page, has_archive=any(archive) or settings.archive is not None):
        seen = _of_file(Path(page), limits, publishers)
    else:
        seen = _of_archive(page, archive_of(*archive, config), limits, publishers)
    if as_text:
        _print(seen)
    elif to is not None:
        _write(to, render(seen))
        print(to)
    else:
        _open(seen)


def label(files: Sequence[Path], folder: Path, pages: Sequence[Path]) -> None:
    """Add labelled pages to a folder and say where they are."""
    try:
        read = [read_labels(file) for file in files]
        found = [(labels, _raw_of(labels, pages)) for labels in read]  # what is wrong is said before any is added
        for labels, raw in found:
            add_labelled(folder, labels, raw)
    except LabelsError as error:
        raise usage(plain_line(str(error))) from error
    except OSError as error:
        raise CommandError(f"cannot write {folder}: {error.strerror or error}") from error
    print(f"{len(files):,} pages: {folder}")


def _raw_of(labels: Labels, pages: Sequence[Path]) -> RawPage:
    sources: list[str | Path] = [*pages, *filter(None, [labels.source])]
    found = find_raw(sources, labels.name, labels.sha256, Limits())
    if found is None:
        raise LabelsError(f"the raw page {labels.name} is not at hand: name its file with --page")
    return found[0]


def _is_page(page: str, *, has_archive: bool) -> bool:
    """Whether a file is meant; what is none is an id, or the name that a page has in the archive."""
    return page == "-" or Path(page).exists() or (not has_archive and (os.sep in page or "." in page))


def _of_file(path: Path, limits: Limits, publishers: Publishers) -> Inspection:
    if path.is_dir():
        raise usage(f"{path} is a folder; `stet inspect` takes a page")
    if path != Path("-") and not path.exists():
        raise usage(f"no such page: {path}")
    if format_of(path.name) not in (None, Format.PAGE):
        raise usage(f"{path} holds many pages: archive it, then inspect an article by its id")
    raw = read_page(PageRef(Path("/dev/stdin"), "-") if path == Path("-") else PageRef(path, str(path)), limits)
    seen = raw if isinstance(raw, Rejected) else inspect_page(raw, limits, _file(path), publishers)
    return _shown(seen)


def _file(path: Path) -> Path | None:
    return None if path == Path("-") else path.resolve()


def _shown(seen: Inspection | Rejected) -> Inspection:
    """The inspection; a page without any block ends in one line."""
    if isinstance(seen, Rejected):
        detail = f" ({seen.detail})" if seen.detail else ""
        raise CommandError(plain_line(f"{seen.source_name}: {seen.reason.value}{detail}"))
    return seen


def _of_archive(name: str, archive: Path, limits: Limits, publishers: Publishers) -> Inspection:
    """An article as it was archived, or a rejected page, by its raw page where that is still where it was."""
    with opened(archive) as views:
        article = _article(views, name)
        row = article or next(views.rows(_REJECT, [name]), None)
        if row is None:
            raise CommandError(f"no page, and none in {archive}: {plain_line(name)}")
        runs = list(views.rows("SELECT sources FROM runs WHERE run_id = ?", [row["run_id"]]))
    found = find_raw(runs[0]["sources"] if runs else [], row["source_name"], row["source_sha256"] or "", limits)
    if article:
        return inspect_archived(article, found, limits, publishers)
    if found is None:
        raise CommandError(plain_line(f"{name}: {row['reason']} ({row['detail']}), and the raw page is not at hand"))
    return _shown(inspect_page(found[0], limits, found[1].resolve(), publishers))


def _article(views: Views, name: str) -> dict[str, Any] | None:
    """The article with this id, or of the page with this name."""
    ids = [row["article_id"] for row in views.rows(_ARTICLE, [name])]
    return find_article(views, ids[0] if ids else name)


def _open(seen: Inspection) -> None:
    """Write the page where only its user reads it, and show it."""
    handle, name = tempfile.mkstemp(prefix=f"stet-{seen.id}-", suffix=".html")
    with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
        file.write(render(seen))
    webbrowser.open(Path(name).as_uri())
    print(name)


def _write(to: Path, text: str) -> None:
    try:
        with replacing(to) as file:
            file.write(text.encode("utf-8", "replace"))
    except OSError as error:
        raise CommandError(f"cannot write {to}: {error.strerror or error}") from error


def _print(seen: Inspection) -> None:
    """A line a block, with a - where it goes: label, text, what decided, how likely it is body; then the fields."""
    console = Console(highlight=False, soft_wrap=True)
    for line in seen.lines:
        sign = " " if line.group == "kept" else "-"
        row = Text(f"{sign} {line.label.replace('_', ' '):>{_NAME_CHARS}}  ", style="dim")
        row.append(plain_line(line.text), style=_STYLES[line.group])
        row.append(f"  {line.reason} {line.body:.2f}", style="dim italic")
        console.print(row)
    console.print()
    for field in seen.fields:
        origins = [*([f"block {field.block}"] if field.block else []), *field.origins]
        row = Text(f"  {field.name.replace('_', ' '):>{_NAME_CHARS}}  ", style="dim")
        row.append(plain_line(field.value), style="bold")
        row.append(f"  {plain_line(', '.join(origins))}", style="dim italic")
        console.print(row)
    console.print(Text(f"{seen.verdict}, {seen.kept} of {len(seen.lines)} blocks stand", style="dim"))
