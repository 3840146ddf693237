"""What `stet inspect` and `stet label` do."""

import os
import tempfile
import webbrowser
from collections.abc import Sequence
from pathlib import Path

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
from tasks.formats import Format, format_of
from tasks.page import RawPage, Rejected
from tasks.publishers import Publishers
from tasks.read import PageRef, read_page

_STYLES = {"kept": "", "lifted": "cyan strike", "boilerplate": "red strike"}
_NAME_CHARS = 12  # of the column of labels


def inspect(
    page: str, archive: tuple[Path | None, Path | None], config: Path | None, *, to: Path | None, as_text: bool
) -> None:
    """Show a page: in the browser, in a file, or here. `archive` is what an argument and an option say of it."""
    settings = settings_of(config)
    limits, publishers = settings.limits, publishers_of(settings.publishers)
    if _is_page(page):
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


def _is_page(page: str) -> bool:
    return page == "-" or Path(page).exists() or os.sep in page or "." in page


def _of_file(path: Path, limits: Limits, publishers: Publishers) -> Inspection:
    if path.is_dir():
        raise usage(f"{path} is a folder; `stet inspect` takes a page")
    if path != Path("-") and not path.exists():
        raise usage(f"no such page: {path}")
    if format_of(path.name) not in (None, Format.PAGE):
        raise usage(f"{path} holds many pages: archive it, then inspect an article by its id")
    raw = read_page(PageRef(Path("/dev/stdin"), "-") if path == Path("-") else PageRef(path, str(path)), limits)
    seen = raw if isinstance(raw, Rejected) else inspect_page(raw, limits, _file(path), publishers)
    if isinstance(seen, Rejected):
        raise CommandError(f"{seen.source_name}: {seen.reason.value}" + (f" ({seen.detail})" if seen.detail else ""))
    return seen


def _file(path: Path) -> Path | None:
    return None if path == Path("-") else path.resolve()


def _of_archive(article_id: str, archive: Path, limits: Limits, publishers: Publishers) -> Inspection:
    """An article as it was archived, beside its raw page where that is still where it was."""
    with opened(archive) as views:
        record = find_article(views, article_id)
        if record is None:
            raise CommandError(f"no page and no article: {plain_line(article_id)}")
        runs = list(views.rows("SELECT sources FROM runs WHERE run_id = ?", [record["run_id"]]))
    found = find_raw(runs[0]["sources"] if runs else [], record["source_name"], record["source_sha256"], limits)
    return inspect_archived(record, found, limits, publishers)


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
