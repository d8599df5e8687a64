"""Begin as a new user does, in empty folders, and say how long it takes.

`python -m tools.release.fresh_start checkout`  clones the repository, runs `make lab` until JupyterLab answers, then
                                        `make test`. Both install what they need.
`python -m tools.release.fresh_start colab`     an environment with TensorFlow but without this course, an empty folder
                                        with nothing but a student's notebook, whose first cell installs the helpers.

Only what is committed is tested.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tools.authors.notebooks import ROOT, students
from tools.release.compatibility import SETTINGS

ADDRESS = "https://github.com/course/dl-notebooks"
# What a hosted notebook has before a course is installed; versions as in the setting tf-2.18.
HOSTED = [f"{name}=={version}" for name, version in SETTINGS["tf-2.18"].pins.items()]
HOSTED += ["tensorflow-probability==0.25.0", "pandas==2.2.2", "scikit-learn==1.6.1", "matplotlib==3.10.0"]
HOSTED += ["pillow", "requests", "tqdm", "ipykernel", "ipywidgets==7.7.1", "pip", "nbclient"]


@contextmanager
def timed(what: str) -> Iterator[None]:
    """Print how long the block took."""
    begin = time.monotonic()
    yield
    print(f"{time.monotonic() - begin:7.0f} s  {what}", flush=True)


def clone(folder: Path) -> Path:
    """Clone this repository and return where it lies."""
    subprocess.run(["git", "clone", "-q", ROOT.as_uri(), folder / "dl-notebooks"], check=True)
    return folder / "dl-notebooks"


def without_environment() -> dict[str, str]:
    """Return the environment without what would let a fresh start lean on this checkout."""
    ours = ("PYTHONPATH", "VIRTUAL_ENV", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    kept = {key: value for key, value in os.environ.items() if key not in ours and not key.startswith("DLHELPERS_")}
    return {**kept, "PATH": os.pathsep.join(p for p in kept["PATH"].split(os.pathsep) if not p.startswith(str(ROOT)))}


def checkout(folder: Path, tested: bool) -> None:
    """Run the README's two commands in a new clone."""
    here = clone(folder)
    with timed("make lab, from nothing until JupyterLab answers"):
        answer(here)
    if tested:
        with timed("make test"):
            subprocess.run(["make", "test"], cwd=here, env=without_environment(), check=True)


def answer(here: Path) -> None:
    """Start `make lab` in the clone, wait for its page, stop it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["make", "lab", f"ARGS=--no-browser --allow-root --port={port} --ServerApp.port_retries=0"]
    with subprocess.Popen(command, cwd=here, env=without_environment(), start_new_session=True) as lab:
        try:
            while not _answers(f"http://127.0.0.1:{port}/api"):
                if lab.poll() is not None:
                    raise SystemExit(f"make lab ended with {lab.returncode}")
                time.sleep(0.5)
        finally:
            os.killpg(lab.pid, signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as reply:
            return b"version" in reply.read()
    except OSError:
        return False


def colab(folder: Path, chosen: list[str]) -> list[str]:
    """Let each student's notebook install the helpers by its own first cell; return which did not run to the end."""
    here, hosted = clone(folder), folder / "hosted" / "bin"
    with timed("the hosted environment, which a user finds ready"):
        subprocess.run([sys.executable, "-m", "venv", folder / "hosted"], check=True)
        subprocess.run([hosted / "python", "-m", "pip", "install", "-q", *HOSTED], check=True)
    set_repo = [sys.executable, "-m", "tools.authors.set_repo", ADDRESS]
    subprocess.run(set_repo, cwd=here, check=True, stdout=subprocess.DEVNULL)
    author = ["-c", "user.name=owner", "-c", "user.email=owner@example.org"]
    subprocess.run(["git", *author, "commit", "-qam", "address"], cwd=here, check=True)
    environment = without_environment() | {
        "GIT_CONFIG_COUNT": "1",  # the address leads to the clone
        "GIT_CONFIG_KEY_0": f"url.{here.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": ADDRESS,
    }
    before = _installed(hosted)
    tried = [path for path in students(here) if not chosen or path.stem[:2] in chosen]
    failed = [path.stem for path in tried if not _runs_alone(hosted, path, folder / "content", environment)]
    print("packages that differ afterwards:", *sorted(_installed(hosted) ^ before))
    return failed


def _runs_alone(hosted: Path, notebook: Path, content: Path, environment: dict[str, str]) -> bool:
    uninstall = [hosted / "python", "-m", "pip", "uninstall", "-qy", "dlhelpers"]
    subprocess.run(uninstall, check=True, stderr=subprocess.DEVNULL)
    shutil.rmtree(content, ignore_errors=True)
    content.mkdir()
    shutil.copy(notebook, content)
    with timed(notebook.stem):
        command = [hosted / "jupyter-execute", "--timeout=-1", notebook.name]
        return subprocess.run(command, cwd=content, env=environment).returncode == 0


def _installed(hosted: Path) -> set[str]:
    command = [hosted / "python", "-m", "pip", "list", "--format=freeze"]
    return set(subprocess.run(command, check=True, capture_output=True, text=True).stdout.split())


def main(arguments: list[str] | None = None) -> int:
    """Run one of the two ways to begin; return 1 if a notebook failed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("way", choices=["checkout", "colab"])
    parser.add_argument("notebooks", nargs="*", metavar="NN", help="colab: only these notebooks")
    parser.add_argument("--no-test", action="store_true", help="checkout: without `make test`")
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="fresh-start-") as name, timed("altogether"):
        if chosen.way == "checkout":
            checkout(Path(name), not chosen.no_test)
            return 0
        return 1 if colab(Path(name), chosen.notebooks) else 0


if __name__ == "__main__":
    sys.exit(main())
