"""Settings: which source is stronger, and that a name that is no setting is refused everywhere."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from config.limits import Limits
from config.settings import Origin, Settings, SettingsError, load


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(f"STET_{name.upper()}", raising=False)
    monkeypatch.delenv("STET_CONFIG", raising=False)


def test_defaults() -> None:
    loaded = load()
    assert loaded.settings.limits == Limits()
    assert loaded.file is None
    assert set(loaded.origins.values()) == {Origin.DEFAULT}


def test_flag_over_environment_over_file_over_default(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("stet.toml").write_text("workers = 2\nbatch_pages = 20\nmin_words = 200\n")
    monkeypatch.setenv("STET_WORKERS", "3")
    monkeypatch.setenv("STET_BATCH_PAGES", "30")
    loaded = load({"workers": 4, "batch_pages": None})
    assert (loaded.settings.workers, loaded.origins["workers"]) == (4, Origin.FLAG)
    assert (loaded.settings.batch_pages, loaded.origins["batch_pages"]) == (30, Origin.ENVIRONMENT)
    assert (loaded.settings.min_words, loaded.origins["min_words"]) == (200, Origin.FILE)
    assert (loaded.settings.page_seconds, loaded.origins["page_seconds"]) == (20.0, Origin.DEFAULT)


def test_paths_in_a_file_are_relative_to_it(tmp_path: Path) -> None:
    folder = tmp_path / "etc"
    folder.mkdir()
    (folder / "my.toml").write_text('sources = ["pages", "/abs"]\narchive = "out"\n')
    settings = load(config=folder / "my.toml").settings
    assert settings.sources == (folder / "pages", Path("/abs"))
    assert settings.archive == folder / "out"


def test_the_file_may_be_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.toml").write_text("workers = 7\n")
    monkeypatch.setenv("STET_CONFIG", str(tmp_path / "other.toml"))
    assert load().settings.workers == 7


def test_a_url_is_an_archive_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "s3://bucket/archive"
    (tmp_path / "my.toml").write_text(f'archive = "{url}"\n')
    assert load(config=tmp_path / "my.toml").settings.archive == url
    assert load({"archive": url}).settings.archive == url
    monkeypatch.setenv("STET_ARCHIVE", url)
    assert load().settings.archive == url


def test_urls_are_sources_as_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "my.toml").write_text('sources = ["s3://bucket/a", "b"]\n')
    assert load(config=tmp_path / "my.toml").settings.sources == ("s3://bucket/a", tmp_path / "b")
    assert load({"sources": ["s3://bucket/a", "b"]}).settings.sources == ("s3://bucket/a", Path("b"))
    monkeypatch.setenv("STET_SOURCES", "a:s3://bucket/b:/c:https://d.example/e")
    assert load().settings.sources == (Path("a"), "s3://bucket/b", Path("/c"), "https://d.example/e")


def test_sources_in_the_environment_are_a_path_list(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STET_SOURCES", "a:b")
    assert load().settings.sources == (Path("a"), Path("b"))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("wrokers = 2\n", "unknown setting wrokers"),
        ("[workers]\nx = 1\n", "workers: input should be a valid integer"),
        ("workers = \n", "not TOML"),
        ("workers = 0\n", "workers: input should be greater than or equal to 1, got 0"),
        ("sources = 5\n", "sources"),
    ],
)
def test_mistakes_in_a_file_are_one_line_that_names_it(content: str, said: str) -> None:
    Path("stet.toml").write_text(content)
    with pytest.raises(SettingsError) as error:
        load()
    assert "stet.toml" in str(error.value)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such file"):
        load(config=tmp_path / "none.toml")


def test_a_file_that_is_not_text(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(SettingsError, match="not UTF-8"):
        load(config=tmp_path / "bad.toml")


def test_unknown_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STET_WROKERS", "2")
    with pytest.raises(SettingsError, match="environment: unknown setting STET_WROKERS"):
        load()


def test_bad_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STET_WORKERS", "many")
    with pytest.raises(SettingsError, match="environment: STET_WORKERS"):
        load()


def test_bad_flag() -> None:
    with pytest.raises(SettingsError, match=r"^--batch-pages: input should be greater than or equal to 1, got -1$"):
        load({"batch_pages": -1})


def test_frozen() -> None:
    with pytest.raises(ValidationError):
        load().settings.workers = 3  # type: ignore[misc]
