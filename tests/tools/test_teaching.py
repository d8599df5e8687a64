"""What teachers are told holds: the configurations, the links and commands of the page, the data without a network."""

from __future__ import annotations

import inspect
import re
import socket
from pathlib import Path
from typing import Any

import pytest
import yaml

from dlhelpers import data
from tools.authors.notebooks import ROOT, THREADS

FOLDER = ROOT / "docs" / "teaching"
PAGE = (ROOT / "docs" / "teaching.md").read_text(encoding="utf-8")
TLJH, Z2JH = (yaml.safe_load((FOLDER / name).read_text()) for name in ("tljh-config.yaml", "z2jh-values.yaml"))


class Config(dict):
    """What JupyterHub hands to a configuration file: c.Class.option = value."""

    def __getattr__(self, name: str) -> Any:
        return self.setdefault(name, Config())

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


@pytest.fixture
def littlest_environment() -> dict[str, str]:
    """The variables that The Littlest JupyterHub hands to each student."""
    config = Config()
    exec((FOLDER / "tljh_course.py").read_text(), {"get_config": lambda: config})
    return config.Spawner.environment


def megabytes(text: str) -> float:
    """Return a size such as 1.5G, which both hubs count in powers of two."""
    return float(text.removesuffix("G")) * 2**30 / 1e6


def leaves(tree: Any, path: str = "") -> dict[str, Any]:
    """Return the leaves of nested mappings by their dotted path."""
    if not isinstance(tree, dict):
        return {path: tree}
    return {name: leaf for key, value in tree.items() for name, leaf in leaves(value, f"{path}.{key}").items()}


@pytest.mark.parametrize("config", [TLJH, Z2JH])
def test_no_value_is_missing_and_no_secret_is_written_down(config: dict[str, Any]) -> None:
    assert None not in leaves(config).values()
    assert not [path for path in leaves(config) if re.search(r"password|secret|token", path, re.IGNORECASE)]


@pytest.mark.parametrize("cull", [TLJH["services"]["cull"], Z2JH["cull"]])
def test_idle_servers_are_culled_after_a_lesson_not_within(cull: dict[str, Any]) -> None:
    assert cull["enabled"] is True
    assert 45 * 60 <= cull["timeout"] <= 2 * 3600 and cull["every"] <= cull["timeout"] / 4


def test_each_student_gets_one_thread(littlest_environment: dict[str, str]) -> None:
    for environment in (littlest_environment, Z2JH["singleuser"]["extraEnv"]):
        assert {name: environment.get(name) for name in THREADS} == dict.fromkeys(THREADS, "1")


def test_memory_limits_have_room_above_the_measured_notebooks() -> None:
    measured = {name: int(most) for name, most in re.findall(r"^\| (\d\d) \| (\d+) MB \|$", PAGE, re.MULTILINE)}
    kubernetes = Z2JH["singleuser"]["memory"]
    for limit in (TLJH["limits"]["memory"], kubernetes["limit"]):
        assert 1.25 * max(measured.values()) <= megabytes(limit) <= 2.5 * max(measured.values())
    assert measured["02"] <= megabytes(kubernetes["guarantee"]) <= megabytes(kubernetes["limit"])


def test_the_image_keeps_the_course_where_no_volume_hides_it() -> None:
    student = Z2JH["singleuser"]
    target = re.search(r"--target-repo-dir (\S+)", PAGE)[1]
    assert not target.startswith(student["storage"]["homeMountPath"])
    command = student["lifecycleHooks"]["postStart"]["exec"]["command"]
    assert f"{target}/notebooks/*.ipynb" in command[-1] and command[-1].endswith("|| true")


def test_the_shared_cache_is_where_the_page_fills_it(littlest_environment: dict[str, str]) -> None:
    assert f"DLHELPERS_CACHE={littlest_environment['DLHELPERS_CACHE']} " in PAGE


def test_environment_yml_is_what_repo2docker_and_conda_read() -> None:
    # repo2docker takes x.y from "python=x.y" and has environments for these; a line of pip that names a
    # local file makes it copy the whole repository before it installs.
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    python = [item for item in environment["dependencies"] if str(item).startswith("python")]
    assert len(python) == 1 and re.fullmatch(r"python=3\.1[0-3]", python[0])
    (pip,) = [item["pip"] for item in environment["dependencies"] if isinstance(item, dict)]
    assert pip == ["-r requirements.txt"] and "pip" in environment["dependencies"]
    assert "-e ." in (ROOT / "requirements.txt").read_text().splitlines()


def test_links_and_commands_of_the_page_lead_somewhere() -> None:
    files = [ROOT / "docs" / target for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", PAGE)]
    files += [ROOT / name for name in re.findall(r"docs/teaching/[\w.-]+|notebooks/\w+\.ipynb", PAGE)]
    assert [path for path in files if not path.exists()] == []
    targets = (ROOT / "Makefile").read_text()
    assert [name for name in re.findall(r"make ([a-z-]+)`", PAGE) if f"\n{name}:" not in targets] == []


def test_loaders_need_no_network_and_write_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise AssertionError(f"the network is asked for {arguments}")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setenv("DLHELPERS_CACHE", str(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in [ROOT / "data", *(ROOT / "data").iterdir()]}
    for name, load in inspect.getmembers(data, inspect.isfunction):
        if name.startswith("load_") and name != "load_banknote_authentication":  # this one is a download
            load()
    assert {path: path.stat().st_mtime_ns for path in before} == before and not list(tmp_path.iterdir())
