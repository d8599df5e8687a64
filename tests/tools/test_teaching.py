"""What teachers are told holds: the configurations, the shared data, and the arithmetic of the load tool."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from dlhelpers import data
from tools.authors.notebooks import ROOT, masters
from tools.release import class_load
from tools.release.class_load import Played

FOLDER = ROOT / "docs" / "teaching"
PAGE = class_load.PAGE.read_text(encoding="utf-8")
UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


class Config(dict):
    """What JupyterHub hands to a configuration file: c.Class.option = value."""

    def __getattr__(self, name: str) -> Any:
        return self.setdefault(name, Config())

    def __setattr__(self, name: str, value: Any) -> None:
        self[name] = value


def executed(name: str) -> Config:
    config = Config()
    exec(compile((FOLDER / name).read_text(), name, "exec"), {"get_config": lambda: config})
    return config


def parsed(name: str) -> dict[str, Any]:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


def size(text: str) -> float:
    number, unit = re.fullmatch(r"([\d.]+)([KMG]i?)", text).groups()
    return float(number) * UNITS[unit]


def paths(tree: Any, before: str = "") -> dict[str, Any]:
    """Return the leaves of nested mappings by their dotted path."""
    if not isinstance(tree, dict) or not tree:
        return {before: tree}
    return {path: leaf for key, value in tree.items() for path, leaf in paths(value, f"{before}.{key}").items()}


# --- configurations --------------------------------------------------------------------


@pytest.fixture
def loopback(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Config:
    for name in ("CLASS_PORT", "PYTHONPATH", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CLASS_FOLDER", str(tmp_path))
    monkeypatch.setenv("CLASS_PASSWORD", "made up for this test")
    monkeypatch.setenv("CLASS_MARK", "mark")
    return executed("jupyterhub_config.py")


def test_the_measured_hub_is_reached_from_this_machine_only(loopback: Config) -> None:
    hub = loopback.JupyterHub
    urls = [hub.bind_url, hub.hub_bind_url, loopback.ConfigurableHTTPProxy.api_url]
    assert all(url.startswith("http://127.0.0.1:") for url in urls) and len(set(urls)) == 3
    assert loopback.Spawner.ip == "127.0.0.1"


def test_the_measured_hub_asks_for_the_given_password(loopback: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    assert loopback.JupyterHub.authenticator_class == "shared-password"
    assert loopback.SharedPasswordAuthenticator.user_password == "made up for this test"
    assert loopback.Spawner.environment == {"CLASS_MARK": "mark"} | {
        name: os.environ[name] for name in loopback.Spawner.environment if name != "CLASS_MARK"
    }
    monkeypatch.delenv("CLASS_PASSWORD")
    with pytest.raises(KeyError, match="CLASS_PASSWORD"):
        executed("jupyterhub_config.py")


def test_the_measured_hub_leaves_nothing_behind(loopback: Config, tmp_path: Path) -> None:
    assert loopback.JupyterHub.cleanup_servers and loopback.JupyterHub.cleanup_proxy
    kept = [loopback.JupyterHub.db_url, loopback.JupyterHub.cookie_secret_file]
    kept += [loopback.ConfigurableHTTPProxy.pid_file, loopback.SimpleLocalProcessSpawner.home_dir_template]
    assert all(str(tmp_path) in path for path in kept)


# Keys and types as the schemas of The Littlest JupyterHub 2 and of the Helm chart 4 have them, as far as used here.
# Both refuse what they do not know, and the first one also null.
TLJH = {
    "users.admin": list,
    "users.allowed": list,
    "limits.memory": str,
    "user_environment.default_app": str,
    "services.cull.enabled": bool,
    "services.cull.timeout": int,
    "services.cull.every": int,
    "https.enabled": bool,
    "https.letsencrypt.email": str,
    "https.letsencrypt.domains": list,
}
Z2JH = {
    "hub.config.JupyterHub.authenticator_class": str,
    "hub.config.GenericOAuthenticator.allow_all": bool,
    "hub.config.GenericOAuthenticator.admin_users": list,
    "hub.config.KubeSpawner.notebook_dir": str,
    "hub.concurrentSpawnLimit": int,
    "proxy.https.enabled": bool,
    "proxy.https.hosts": list,
    "proxy.https.letsencrypt.contactEmail": str,
    "singleuser.image.name": str,
    "singleuser.image.tag": str,
    "singleuser.defaultUrl": str,
    "singleuser.memory.guarantee": str,
    "singleuser.memory.limit": str,
    "singleuser.cpu.guarantee": float,
    **{f"singleuser.extraEnv.{name}": str for name in class_load.THREADS},
    "singleuser.startTimeout": int,
    "singleuser.storage.capacity": str,
    "singleuser.storage.homeMountPath": str,
    "singleuser.lifecycleHooks.postStart.exec.command": list,
    "singleuser.networkPolicy.enabled": bool,
    "cull.enabled": bool,
    "cull.timeout": int,
    "cull.every": int,
    "prePuller.hook.enabled": bool,
    "prePuller.continuous.enabled": bool,
}


@pytest.mark.parametrize(("name", "known"), [("tljh-config.yaml", TLJH), ("z2jh-values.yaml", Z2JH)])
def test_keys_and_types_are_known_and_no_secret_is_among_them(name: str, known: dict[str, type]) -> None:
    leaves = {path[1:]: leaf for path, leaf in paths(parsed(name)).items()}
    assert {path: type(leaf) for path, leaf in leaves.items()} == known
    assert not [path for path in leaves if re.search(r"password|secret|token", path, re.IGNORECASE)]


@pytest.mark.parametrize("name", ["tljh-config.yaml", "z2jh-values.yaml"])
def test_idle_servers_are_culled_after_a_lesson_not_within(name: str) -> None:
    config = parsed(name)
    cull = config["cull"] if "cull" in config else config["services"]["cull"]
    assert cull["enabled"] is True
    assert 45 * 60 <= cull["timeout"] <= 2 * 3600 and cull["every"] <= cull["timeout"] / 4


def test_each_student_gets_one_thread() -> None:
    littlest = executed("tljh_course.py").Spawner.environment
    for environment in (littlest, parsed("z2jh-values.yaml")["singleuser"]["extraEnv"]):
        assert {name: environment[name] for name in class_load.THREADS} == dict.fromkeys(class_load.THREADS, "1")


def measured() -> dict[str, float]:
    rows = class_load.table_rows(class_load.between(PAGE, class_load.MEMORY)[1])
    return {name: 1e6 * float(most.removesuffix(" MB")) for name, most in rows}


def test_memory_limits_have_room_above_the_measured_notebooks() -> None:
    most = max(measured().values())
    kubernetes = parsed("z2jh-values.yaml")["singleuser"]["memory"]
    for limit in (parsed("tljh-config.yaml")["limits"]["memory"], kubernetes["limit"]):
        assert 1.25 * most <= size(limit) <= 2.5 * most
    assert measured()["02"] <= size(kubernetes["guarantee"]) <= size(kubernetes["limit"])


def test_measured_notebooks_exist() -> None:
    assert measured().keys() <= {path.stem[:2] for path in masters(ROOT)}


def test_the_image_keeps_the_course_where_no_volume_hides_it() -> None:
    values = parsed("z2jh-values.yaml")["singleuser"]
    target = re.search(r"--target-repo-dir (\S+)", PAGE)[1]
    assert not target.startswith(values["storage"]["homeMountPath"])
    command = values["lifecycleHooks"]["postStart"]["exec"]["command"]
    assert f"{target}/notebooks/*.ipynb" in command[-1] and command[-1].endswith("|| true")


def test_the_shared_cache_is_where_the_page_fills_it() -> None:
    folder = executed("tljh_course.py").Spawner.environment["DLHELPERS_CACHE"]
    assert f"DLHELPERS_CACHE={folder} " in PAGE


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
    for target in re.findall(r"\]\((?!https?://|#)([^)#]+)", PAGE):
        assert (class_load.PAGE.parent / target).exists(), target
    for name in re.findall(r"docs/teaching/[\w.-]+", PAGE):
        assert (ROOT / name).is_file(), name
    targets = (ROOT / "Makefile").read_text()
    for name in re.findall(r"`?make ([a-z-]+)", PAGE):
        assert f"\n{name}:" in targets, name
    for path in re.findall(r"notebooks/\w+\.ipynb", PAGE):
        assert (ROOT / path).is_file(), path


# --- shared, read-only data ------------------------------------------------------------

READS = """
import dataclasses, inspect, socket, sys
from dlhelpers import data

asked = []

def refuse(*arguments, **options):
    asked.append(arguments)
    raise OSError("no network")

data.RETRIES = 0
socket.socket.connect = socket.getaddrinfo = refuse
item = data.REGISTRY["banknote_authentication"]
data.REGISTRY["banknote_authentication"] = dataclasses.replace(item, sha256=sys.argv[1])
assert data._read("banknote_authentication") == b"a larger file"
for name, load in inspect.getmembers(data, inspect.isfunction):
    if name.startswith("load_") and name != "load_banknote_authentication":
        load()
assert not asked, asked
for folder in (data.cache_folder(), data.bundled_folder()):
    try:
        (folder / "new").write_text("")
    except PermissionError:
        continue
    raise AssertionError(f"{folder} can be written")
try:
    data.load_cifar10(full=True)
except data.DataError as error:
    print(error)
"""


def without_rights() -> list[str]:
    """Return what to put before a command so that file permissions bind it, even in root's hands."""
    if os.name != "posix":
        pytest.skip("permissions as on a server")
    if os.geteuid() != 0:
        return []
    if not shutil.which("setpriv"):
        pytest.skip("root needs setpriv to give up its rights")
    return ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]


def test_students_without_network_read_what_the_teacher_has_shared(tmp_path: Path) -> None:
    course, cache = tmp_path / "course", tmp_path / "cache"
    shutil.copytree(ROOT / "dlhelpers", course / "dlhelpers", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(data.bundled_folder(), course / "data")
    cache.mkdir()
    (cache / data.REGISTRY["banknote_authentication"].file).write_bytes(b"a larger file")
    shared = [tmp_path, *tmp_path.rglob("*")]
    for path in shared:
        path.chmod(0o555 if path.is_dir() else 0o444)
    before = {path: path.stat().st_mtime_ns for path in shared}
    environment = {**os.environ, "PYTHONPATH": str(course), "DLHELPERS_CACHE": str(cache)}
    environment |= {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [*without_rights(), sys.executable, "-c", READS, hashlib.sha256(b"a larger file").hexdigest()]
    try:
        done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, timeout=120)
    finally:
        for path in shared:
            if path.is_dir():
                path.chmod(0o755)
    assert done.returncode == 0, done.stderr
    assert "cifar-10-binary.tar.gz" in done.stdout and f"save it as {cache}" in done.stdout
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*")} | {tmp_path: before[tmp_path]} == before


# --- the load tool ---------------------------------------------------------------------


def test_percentiles() -> None:
    assert class_load.percentile([3, 1, 2], 0.5) == 2
    assert class_load.percentile([1, 2], 0.95) == pytest.approx(1.95)
    assert class_load.percentile([5], 0.95) == 5
    assert str(class_load.percentile([], 0.5)) == "nan"


def test_pauses_follow_the_words_and_differ_between_students() -> None:
    rests = class_load.pauses([100, 0, 300], 10, seed=1)
    assert rests == class_load.pauses([100, 0, 300], 10, seed=1) != class_load.pauses([100, 0, 300], 10, seed=2)
    assert rests[1] == 0 and 300 < sum(rests) < 1000
    everybody = [sum(class_load.pauses([10] * 50, 10, seed)) for seed in range(200)]
    assert sum(everybody) / 200 == pytest.approx(600, rel=0.05)
    assert class_load.pauses([1, 2], 0, seed=1) == [0, 0]


BASE = [0.1, 1.0, 2.0]


def a_class(factor: float, students: int = 2, **more: Any) -> Played:
    return Played(waits=[[factor * cell for cell in BASE] for _ in range(students)], **more)


def test_ratios_leave_out_quick_and_failed_cells() -> None:
    run = a_class(1.5)
    run.waits[1][2] = None
    assert class_load.ratios(run, BASE) == pytest.approx([1.5, 1.5, 1.5])


def test_alone_is_the_median_and_must_not_fail() -> None:
    assert class_load.alone([a_class(1, 1), a_class(5, 1), a_class(2, 1)]) == pytest.approx([0.2, 2, 4])
    with pytest.raises(SystemExit, match="code cell 3: ValueError"):
        class_load.alone([a_class(1, 1, failures=["s, code cell 3: ValueError"])])


@pytest.mark.parametrize(
    ("runs", "reason"),
    [
        ([a_class(1.9)], ""),
        ([a_class(2.1)], "half of the cells take 2.1 times as long"),
        ([a_class(1.0), a_class(2.1), a_class(2.2)], "half of the cells take 2.1 times"),
        ([a_class(1.0, failures=["one: the kernel died"])], "1 failed: one: the kernel died"),
        ([a_class(1.0, stopped="memory: 1.9 GB were left")], "memory"),
    ],
)
def test_when_no_larger_class_is_tried(runs: list[Played], reason: str) -> None:
    assert class_load.why_stop(runs, BASE).startswith(reason) and bool(reason) == bool(class_load.why_stop(runs, BASE))


def test_memory_is_left_free() -> None:
    assert class_load.too_many(30, 0.5e9, 20e9) == ""
    assert class_load.too_many(40, 0.5e9, 20e9).startswith("40 students would leave 0.0 GB")


def rows(pace: str = "at once", threads: int = 0) -> list[list[str]]:
    return [class_load.row(pace, threads, [a_class(f, n)], BASE) for n, f in [(1, 1.0), (2, 1.4), (10, 2.6)]]


def test_a_row_says_what_was_seen() -> None:
    run = a_class(1.5, starts=[9.6, 9.6], failures=["x"], student=6e8, rest=2e8, processors=0.9)
    cells = dict(zip(class_load.HEADER, class_load.row("reading", 1, [run, a_class(2.0)], BASE), strict=True))
    assert cells["students"] == "2" and cells["half of the cells"] == "1.8 x (1.5 to 2.0)"
    assert cells["longest cell"] == "4 s" and cells["quick cells, 95 %"] == "0.2 s" and cells["failed"] == "1"
    assert cells["a student's memory"] == "300 MB" and cells["log-in to kernel, 95 %"] == "10 s"


def test_the_answer_is_the_largest_class_below_the_limit() -> None:
    assert class_load.largest(rows(), 3) == "2"
    assert class_load.largest(rows()[:2], 3) == "2 or more"
    failed = [*rows()[:1], rows()[1][:-1] + ["1"]]
    assert class_load.largest(failed, 3) == "1"


def page() -> str:
    return "\n".join(["before", *class_load.WAITS, "between", *class_load.MEMORY, "after", ""])


def test_rows_are_renewed_in_order_and_the_text_stays() -> None:
    text = class_load.with_waits(page(), "here:", rows("reading"))
    text = class_load.with_waits(text, "here:", rows("at once", 1))
    text = class_load.with_waits(text, "here:", rows("at once", 0))
    text = class_load.with_waits(text, "here:", rows("reading")[:2])
    kept = class_load.table_rows(class_load.between(text, class_load.WAITS)[1])
    assert [(cells[0], cells[1], cells[2]) for cells in kept] == [
        *(("at once", "own choice", n) for n in ("1", "2", "10")),
        *(("at once", "1", n) for n in ("1", "2", "10")),
        *(("reading", "own choice", n) for n in ("1", "2")),
    ]
    assert text.startswith("before\n") and "\nbetween\n" in text and text.endswith("\nafter\n")
    assert "at once, threads: 1. Half of the cells take at most twice as long as alone with up to **2**" in text
    other = class_load.with_waits(text, "elsewhere:", rows())
    assert len(class_load.table_rows(class_load.between(other, class_load.WAITS)[1])) == 3


def test_memory_rows_are_renewed() -> None:
    text = class_load.with_memory(page(), {"02": 640e6, "11": 1.4e9})
    text = class_load.with_memory(text, {"02": 700e6})
    kept = class_load.table_rows(class_load.between(text, class_load.MEMORY)[1])
    assert kept == [["11", "1400 MB"], ["02", "700 MB"]]
    with pytest.raises(SystemExit, match="markers"):
        class_load.with_memory("no markers", {"02": 1.0})


def test_the_page_has_its_markers() -> None:
    for markers in (class_load.WAITS, class_load.MEMORY):
        class_load.between(PAGE, markers)


def test_the_class_runs_a_notebook_that_exists() -> None:
    plan = class_load.lesson(class_load._master("02"))
    assert len(plan.cells) == len(plan.words) > 20 and sum(plan.words) > 500
    with pytest.raises(SystemExit, match="no notebook 99"):
        class_load._master("99")


def test_shared_course_is_read_only_and_cannot_leave_the_machine(tmp_path: Path) -> None:
    environment = class_load.shared_course(tmp_path)
    files = [path for path in Path(environment["PYTHONPATH"]).rglob("*")]
    assert files and all(path.stat().st_mode & 0o222 == 0 for path in files)
    assert environment["https_proxy"].startswith("http://127.0.0.1:")
    for path in [tmp_path, *tmp_path.rglob("*")]:
        if path.is_dir():
            path.chmod(0o755)


def test_only_processes_with_the_mark_belong_to_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    from tools.release import hub

    class Process(SimpleNamespace):
        __hash__ = object.__hash__

    def process(mark: str, words: list[str], **environment: str) -> Process:
        return Process(environ=lambda: {"CLASS_MARK": mark, **environment}, cmdline=lambda: words)

    ours = [process("m", ["jupyterhub"]), process("m", ["node", "/x/configurable-http-proxy"])]
    ours += [process("m", ["python"], JUPYTERHUB_USER="anna")]
    monkeypatch.setattr(hub.psutil, "process_iter", lambda: [*ours, process("n", ["jupyterhub"])])
    assert list(hub.Hub("u", "p", "m").processes().values()) == ["hub", "proxy", "anna"]
