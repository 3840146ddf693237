"""The flow that trains the labeller's model on labelled pages."""

from pathlib import Path
from typing import Annotated, Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE
from prefect.logging import get_run_logger
from pydantic import Field

from flows.learning import train
from outputs.model import write_model
from tasks.model import BodyModel


@flow(name="train_labeller", description="Train the labeller's model on pages with known articles.")
def train_labeller(
    labelled: Annotated[list[Path], Field(min_length=1, description="folders of labelled pages")],
    model: Annotated[Path, Field(description="the folder that the model is written to")],
    *,
    folds: Annotated[int, Field(ge=0, description="folds of the cross-validation; 0: none")] = 5,
    seed: Annotated[int, Field(ge=0, description="the same seed and pages give the same model")] = 0,
) -> dict[str, Any]:
    """Learn from the labelled pages and write model and card. Returns the card. Raises LabelledError, OSError."""
    learned, card = learn(labelled, folds, seed)
    write_model(learned, card, model)
    return card


@task(name="learn", cache_policy=NO_CACHE, persist_result=False)
def learn(labelled: list[Path], folds: int, seed: int) -> tuple[BodyModel, dict[str, Any]]:
    """Learn from the pages; its lines go to the run's log."""
    logger = get_run_logger()
    return train(labelled, folds, seed, logger.info)
