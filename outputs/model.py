"""Write a trained body model: its two forests and the card that says what it learned from and how well."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tasks.model import FILES, BodyModel

CARD = "card.json"


def write_model(model: BodyModel, card: Mapping[str, Any], folder: Path) -> None:
    """Write the model's files into a folder, the card last; each appears whole or not at all. Raises OSError.

    The forests' bytes are the same for the same forests. LightGBM notes the parameters with them.
    """
    folder.mkdir(parents=True, exist_ok=True)
    contents = (model.first.text.encode(), model.second.text.encode(), model.wording.tobytes())
    for name, content in zip(FILES, contents, strict=True):
        _replace(folder / name, content)
    _replace(folder / CARD, (json.dumps(card, indent=1, ensure_ascii=False, sort_keys=True) + "\n").encode())


def _replace(path: Path, content: bytes) -> None:
    staged = path.with_name(f".{path.name}.{os.getpid()}")
    staged.write_bytes(content)
    staged.replace(path)
