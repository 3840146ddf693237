"""Whether any setting is given at all: where none is, `stet clean` does not load what reads settings (0.1 s)."""

import os
from pathlib import Path

ENV_PREFIX = "STET_"
CONFIG_VARIABLE = "STET_CONFIG"
DEFAULT_FILE = Path("stet.toml")


def is_any_given() -> bool:
    """Whether the environment or a settings file in the current folder may set something."""
    return DEFAULT_FILE.exists() or any(name.upper().startswith(ENV_PREFIX) for name in os.environ)
