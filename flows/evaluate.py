"""The flow that scores the labeller on labelled pages."""

from pathlib import Path
from typing import Annotated, Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from prefect.logging import get_run_logger
from pydantic import Field

from flows.learning import cross_validation, validation
from flows.scoreboard import Board
from tasks.model import load_model


@flow(name="evaluate_labeller", description="Score cleaned pages against their known articles.")
def evaluate_labeller(
    labelled: Annotated[list[Path], Field(min_length=1, description="folders of labelled pages")],
    *,
    also: Annotated[tuple[Path, ...], Field(description="folders to score, but not to learn from")] = (),
    model: Annotated[Path | None, Field(description="a model's folder; unset: cross-validation")] = None,
    folds: Annotated[int, Field(ge=2, description="folds of the cross-validation, by publisher")] = 5,
    seed: Annotated[int, Field(ge=0, description="the same seed gives the same folds")] = 0,
    worst: Annotated[int, Field(ge=0, description="pages of each suite to name, worst first")] = 5,
) -> dict[str, Any]:
    """Score a model as it is, or, without one, models that have not seen the publisher of the page they are scored on.

    Returns what `Board.to_record` says. Raises LabelledError, ModelError.
    """
    logger = get_run_logger()
    if model is None:
        scored = cross_validation(labelled, also, folds, seed, logger.info)
    else:
        scored = validation([*labelled, *also], load_model(model), logger.info)
    board = Board(scored.suites, scored.reliability, worst)
    create_markdown_artifact(board.markdown(), key="scoreboard", description="Figures by suite")
    return board.to_record()
