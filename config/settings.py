"""The settings of a run, and where each comes from: a flag, the environment, a file, or the default, in this order.

The file is `stet.toml` in the current folder, or the one that `--config` or `STET_CONFIG` names. Paths in it are
relative to it. A name that is no setting is an error everywhere.
"""

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, InitSettingsSource, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict

from config.given import CONFIG_VARIABLE, DEFAULT_FILE, ENV_PREFIX
from config.limits import Limits

_LIMITS = Limits()


DASK_ADDRESS = r"^[a-z]+://\S+$"  # as tcp://host:8786


class SettingsError(ValueError):
    """A setting that cannot be taken. The message is one line for the user."""


class Origin(StrEnum):
    """Where a setting comes from, strongest first."""

    FLAG = "flag"
    ENVIRONMENT = "environment"
    FILE = "file"
    DEFAULT = "default"


class Settings(BaseSettings):
    """What a run is told. Sizes in bytes, times in seconds."""

    model_config = SettingsConfigDict(env_prefix=ENV_PREFIX, env_ignore_empty=True, extra="forbid", frozen=True)

    sources: Annotated[tuple[Path | str, ...], NoDecode] = Field((), description="files, folders and URLs of raw pages")
    archive: Path | str | None = Field(None, description="the archive's folder, or its URL as s3://bucket/prefix")
    workers: int | None = Field(None, ge=1, le=512, description="processes that clean; unset: one a core")
    batch_pages: int | None = Field(None, ge=1, le=100_000, description="pages of a batch; unset: by the run's size")
    page_seconds: float = Field(_LIMITS.page_seconds, gt=0, le=3600, description="time that one page may take")
    page_megabytes: int = Field(_LIMITS.page_megabytes, ge=100, description="memory that one page may take")
    max_page_bytes: int = Field(_LIMITS.max_page_bytes, ge=1024, description="size of one page, unpacked")
    min_words: int = Field(_LIMITS.min_words, ge=1, description="fewer kept words are no article")
    publishers: Path | None = Field(None, description="a folder of publisher rules of your own")
    reread: bool = Field(False, description="read all files again, and clean archived pages again")
    dask: str | None = Field(None, pattern=DASK_ADDRESS, description="a Dask cluster's scheduler; unset: cleaned here")
    cron: str | None = Field(None, description="when `stet serve` runs, in UTC")

    @field_validator("sources", mode="before")
    @classmethod
    def _split_paths(cls, value: object) -> object:
        if isinstance(value, str):  # a list of paths, in which the colon of a URL is none between two of them
            value = re.split(rf"{os.pathsep}(?!//)", value)
        return tuple(map(_path_or_url, value)) if isinstance(value, list | tuple) else value

    @field_validator("archive", mode="before")
    @classmethod
    def _know_url(cls, value: object) -> object:
        return _path_or_url(value)

    @property
    def limits(self) -> Limits:
        """What one page may cost."""
        return Limits(self.max_page_bytes, self.page_seconds, self.page_megabytes, self.min_words)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take flags and the environment; `load` adds the file below them. No .env file, no secrets folder."""
        del settings_cls, dotenv_settings, file_secret_settings
        return init_settings, env_settings


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force, the file that was read, and the origin of each setting."""

    settings: Settings
    file: Path | None
    origins: Mapping[str, Origin]


def load(flags: Mapping[str, Any] | None = None, config: Path | None = None) -> Loaded:
    """Read the settings. A flag that is None was not given. Raises SettingsError."""
    given = {name: value for name, value in (flags or {}).items() if value is not None}
    _refuse_unknown_variables()
    file = _find_file(config)
    from_file = _read_file(file) if file else {}
    names = {Origin.FLAG: set(given), Origin.ENVIRONMENT: _set_variables(), Origin.FILE: set(from_file)}
    origins = {name: _origin(name, names) for name in Settings.model_fields}
    try:
        settings = _with_file(from_file)(**given)
    except ValidationError as error:
        raise SettingsError(_explain(error.errors()[0], origins, file)) from error
    return Loaded(settings, file, origins)


def variable(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{ENV_PREFIX}{name.upper()}"


def _with_file(values: dict[str, Any]) -> type[Settings]:
    class FromFile(Settings):
        @classmethod
        def settings_customise_sources(
            cls, settings_cls: type[BaseSettings], *args: Any, **sources: PydanticBaseSettingsSource
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            strong = super().settings_customise_sources(settings_cls, *args, **sources)
            return (*strong, InitSettingsSource(settings_cls, init_kwargs=values))

    return FromFile


def _refuse_unknown_variables() -> None:
    allowed = {variable(name) for name in Settings.model_fields} | {CONFIG_VARIABLE}
    for name in sorted(os.environ):
        if name.upper().startswith(ENV_PREFIX) and name.upper() not in allowed:
            raise SettingsError(f"environment: unknown setting {name}; the settings are {', '.join(sorted(allowed))}")


def _set_variables() -> set[str]:
    names = {name.upper() for name, value in os.environ.items() if value}
    return {name for name in Settings.model_fields if variable(name) in names}


def _find_file(config: Path | None) -> Path | None:
    named = config or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    if named is None:
        return DEFAULT_FILE if DEFAULT_FILE.is_file() else None
    return named


def _read_file(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"settings file {file}: {(error.strerror or str(error)).lower()}") from error
    except UnicodeDecodeError as error:
        raise SettingsError(f"settings file {file}: not UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"settings file {file}: not TOML: {error}") from error
    for name in values:
        if name not in Settings.model_fields:
            known = ", ".join(Settings.model_fields)
            raise SettingsError(f"settings file {file}: unknown setting {name}; the settings are {known}")
    return {name: _anchored(name, value, file.parent) for name, value in values.items()}


def _anchored(name: str, value: Any, folder: Path) -> Any:
    if name == "publishers" and isinstance(value, str):
        return folder / value
    if name == "archive" and isinstance(value, str):
        return _anchored_place(value, folder)
    if name == "sources" and isinstance(value, str):
        return (_anchored_place(value, folder),)
    if name == "sources" and isinstance(value, list) and all(isinstance(path, str) for path in value):
        return tuple(_anchored_place(path, folder) for path in value)
    return value


def _anchored_place(value: str, folder: Path) -> Path | str:
    source = _path_or_url(value)
    return folder / source if isinstance(source, Path) else source


def _path_or_url(value: Any) -> Any:
    return Path(value) if isinstance(value, str) and "://" not in value else value


def _origin(name: str, names: Mapping[Origin, set[str]]) -> Origin:
    return next((origin for origin, present in names.items() if name in present), Origin.DEFAULT)


def _explain(error: ErrorDetails, origins: Mapping[str, Origin], file: Path | None) -> str:
    name = str(error["loc"][0]) if error["loc"] else ""
    message = f"{error['msg'][0].lower()}{error['msg'][1:]}, got {error['input']!r}"
    match origins.get(name):
        case Origin.ENVIRONMENT:
            return f"environment: {variable(name)}: {message}"
        case Origin.FILE:
            return f"settings file {file}: {name}: {message}"
        case _:
            return f"--{name.replace('_', '-')}: {message}"
