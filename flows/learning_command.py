"""`stet train` and `stet evaluate`: run their flows on a Prefect server of our own and print what came of it."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flows.archive_command import ending_in_one_line, start_server
from flows.errors import CommandError, usage
from flows.prefect_home import prepare, show_runs

UNSHOWN = frozenset(("worst", "precision", "recall", "pages"))
SHOWN = ("f1", "worst10", "exact", "title", "date", "authors")


def train(labelled: list[Path], model: Path, *, folds: int, seed: int, verbose: bool) -> None:
    """Train a model and say where it is."""
    _check(labelled)
    if folds == 1:
        raise usage("one fold leaves nothing to learn from: 0 for none, or at least 2")

    def run() -> dict[str, Any]:
        from flows.train import train_labeller  # noqa: PLC0415

        return train_labeller(labelled, model, folds=folds, seed=seed)

    card = _run(run, verbose=verbose)
    for suite, figures in card["cross_validated"].items():
        print(f"{suite:<20} " + "  ".join(f"{name} {figures[name]:.3f}" for name in SHOWN if name in figures))
    print(f"learned from {card['pages']:,} pages of {len(card['publishers']):,} publishers: {model}")


def evaluate(
    labelled: list[Path],
    *,
    also: list[Path],
    model: Path | None,
    folds: int,
    worst: int,
    against: Path | None,
    as_json: bool,
    verbose: bool,
) -> None:
    """Score and print the board; `against` is a file of earlier figures to set beside each."""
    _check([*labelled, *also])
    if model is not None:
        _check_model(model)
    earlier = _earlier(against) if against else {}

    def run() -> dict[str, Any]:
        from flows.evaluate import evaluate_labeller  # noqa: PLC0415

        return evaluate_labeller(labelled, also=tuple(also), model=model, folds=folds, worst=worst)

    record = _run(run, verbose=verbose)
    if as_json:
        print(json.dumps(record, ensure_ascii=False))
        return
    for suite, figures in record["suites"].items():
        print(f"{suite:<20} " + "  ".join(_shown(figures, earlier.get(suite, {}))))
        for page in figures["worst"]:
            print(f"    {page['f1']:.3f}  {page['id']}")
    print(f"confidence and F1 of pages correlate with r = {record['confidence_correlation']}")
    print(f"probabilities of blocks are off by {record['reliability']['error']:.3f} (expected calibration error)")


def _shown(figures: dict[str, Any], earlier: dict[str, float]) -> Iterator[str]:
    """Each figure, and by how much it is another than before."""
    for name, value in figures.items():
        if name not in UNSHOWN:
            change = f" ({value - earlier[name]:+.3f})" if name in earlier else ""
            yield f"{name} {value:.3f}{change}"


def _earlier(path: Path) -> dict[str, dict[str, float]]:
    """The figures by suite of an earlier evaluation's record, or of a model's card."""
    try:
        record = json.loads(path.read_text("utf-8"))
        suites = record["suites"] if isinstance(record["suites"], dict) else record["cross_validated"]
        return {
            suite: {name: float(value) for name, value in figures.items() if name not in UNSHOWN}
            for suite, figures in suites.items()
        }
    except OSError as error:
        raise usage(f"{path}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise usage(f"{path}: neither what stet evaluate --json prints nor a model's card") from error


def _check(labelled: list[Path]) -> None:
    for folder in labelled:
        if not (folder / "truth.jsonl").is_file():
            raise usage(f"{folder}: no truth.jsonl in it")


def _check_model(folder: Path) -> None:
    from tasks.model import ModelError, load_model  # noqa: PLC0415

    try:
        load_model(folder)
    except ModelError as error:
        raise usage(error) from error


def _run(flow: Callable[[], dict[str, Any]], *, verbose: bool) -> dict[str, Any]:
    """The flow's result; a user's mistake ends in one line."""
    from tasks.labelled import LabelledError  # noqa: PLC0415
    from tasks.model import ModelError  # noqa: PLC0415

    prepare(verbose=verbose)
    show_runs()
    with ending_in_one_line():
        server = start_server(verbose=verbose)
        if server:
            server.wait()
        try:
            return flow()
        except (LabelledError, ModelError) as error:
            raise usage(error) from error
        except OSError as error:
            raise CommandError(f"the run failed: {error}") from error
