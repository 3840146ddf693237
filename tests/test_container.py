"""The container file: what it copies is there and is all that an installation needs. No container is built."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT

LINES = (ROOT / "config" / "container" / "Containerfile").read_text("utf-8").splitlines()
INSTRUCTIONS = [line.split(maxsplit=1) for line in LINES if line and not line.startswith("#")]
KNOWN = {"FROM", "RUN", "COPY", "USER", "WORKDIR", "ENV", "VOLUME", "ENTRYPOINT", "CMD"}


def copied(root: Path) -> None:
    """Do what the COPY lines do, with a folder in place of the container's root."""
    for name, rest in INSTRUCTIONS:
        if name == "COPY":
            *sources, target = rest.split()
            place = root / target.lstrip("/")
            (place if len(sources) > 1 else place.parent).mkdir(parents=True, exist_ok=True)
            for source in sources:
                subprocess.run(["cp", "-r", str(ROOT / source), str(place)], check=True)


def test_instructions_and_commands_are_well_formed() -> None:
    assert INSTRUCTIONS[0][0] == "FROM"
    assert {name for name, _ in INSTRUCTIONS} <= KNOWN
    for name, rest in INSTRUCTIONS:
        if name == "RUN":
            subprocess.run(["sh", "-n", "-c", rest], check=True)


def test_the_python_is_one_that_stet_takes() -> None:
    found = re.search(r"python:3\.(\d+)", INSTRUCTIONS[0][1])
    assert found and int(found[1]) in (11, 12, 13)


@pytest.mark.long
def test_what_is_copied_installs_and_cleans_pages(tmp_path: Path) -> None:
    copied(tmp_path)
    (install,) = [rest for name, rest in INSTRUCTIONS if name == "RUN" and "pip install" in rest]
    found = re.search(r'pip install --no-cache-dir "/src\[(\w+)\]"', install)
    assert found
    project = tomllib.loads((tmp_path / "src" / "pyproject.toml").read_text("utf-8"))["project"]
    assert found[1] in project["optional-dependencies"]
    site = tmp_path / "site"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(tmp_path / "src")]
    subprocess.run(pip, check=True, timeout=300)
    page = ROOT / "tests" / "pages" / "harbour-gazette-ferry" / "source.html"
    program = (
        f"import sys; sys.path.insert(0, {str(site)!r}); import flows.cli as cli; assert {str(site)!r} in cli.__file__;"
    )
    for command in (["clean", str(page)], ["inspect", str(page), "--to", "page.html"]):
        done = subprocess.run(
            [sys.executable, "-c", f"{program} sys.exit(cli.run({command!r}))"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert "Last ferry" in (tmp_path / "page.html").read_text("utf-8")
