"""Run one exercise of one hand-in, in a process of its own, and say what the course's judge makes of it.

`grade.py` starts this with a job as JSON on standard input. The verdict goes to a file descriptor of its own, with
the job's key, so that nothing a hand-in prints can pass for one. On Linux one process imports what notebooks import,
and each job runs in a copy of it, which saves the seconds that TensorFlow takes to start. From the student's first line
on, an audit hook refuses what no exercise needs: the network, other programs, files outside the temporary folder.

This keeps honest mistakes and simple tricks away from the teacher's machine and from the table. It is no prison:
docs/teaching.md says what it does not hold.
"""

import builtins
import dataclasses
import importlib
import io
import json
import os
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

WATCHED = ("builtins", "numpy", "numpy.linalg", "dlhelpers.exercises.core", "dlhelpers.exercises.formulas")
_REFUSED = (
    "socket.", "subprocess.", "os.system", "os.exec", "os.fork", "os.posix_spawn", "os.spawn", "os.kill", "os.chmod",
    "os.chown", "pty.", "webbrowser.", "urllib.", "ftplib.", "smtplib.", "ctypes.",
)  # fmt: skip
_CHANGES_FILES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate", "shutil.")
_IMPORTS_REFUSED = {"_posixsubprocess", "cffi"}  # they start programs, or call C, without a word to the hook


def refuse_what_no_exercise_needs(folder: str, solutions: str) -> None:
    """Let Python refuse, from now on and for good, what a hand-in has no business with."""
    folder, solutions = os.path.realpath(folder), os.path.realpath(solutions)
    allowed = (folder + os.sep, "/dev/null")
    # names of its own, since a hand-in could overwrite those of the module
    _refused, _changing, _imports = _REFUSED, _CHANGES_FILES, _IMPORTS_REFUSED
    _fspath, _real = os.fspath, os.path.realpath

    def hook(event, arguments):
        if event == "open":
            path, mode, flags = arguments
            if isinstance(path, int):
                return
            path = _real(os.fsdecode(_fspath(path)))
            writes = (mode and any(letter in mode for letter in "wax+")) or (flags or 0) & (os.O_WRONLY | os.O_RDWR)
            if writes and not path.startswith(allowed):
                raise PermissionError(f"writing outside of the hand-in's own folder is not allowed: {path}")
            if path.startswith(solutions):
                raise PermissionError("reading the solutions is not allowed")
        elif event == "import" and arguments[0].partition(".")[0] in _imports:
            raise PermissionError(f"import {arguments[0]} is not allowed in a hand-in")
        elif event.startswith(_refused):
            raise PermissionError(f"{event} is not allowed in a hand-in")
        elif event.startswith(_changing):
            paths = [one for one in arguments if isinstance(one, str | bytes | os.PathLike)]
            if not all(_real(os.fsdecode(_fspath(one))).startswith(allowed) for one in paths):
                raise PermissionError(f"{event} outside of the hand-in's own folder is not allowed")

    if hasattr(subprocess, "_fork_exec"):  # where the module is loaded already, as IPython's magics want it
        subprocess._fork_exec = sys.modules["_posixsubprocess"].fork_exec = None
    sys.addaudithook(hook)


def snapshot() -> dict[str, object]:
    """Return what a verdict rests on: functions of Python, NumPy and the judges, and the code inside the judges."""
    found = {}
    for name in (*WATCHED, *(name for name in sys.modules if name.startswith("dlhelpers.exercises.nb"))):
        module = builtins if name == "builtins" else sys.modules.get(name)
        for key, value in list(vars(module).items()) if module else ():
            if callable(value) or key.isupper() or key == "_registry":
                # the objects themselves are kept, so that no new one can be born at an old one's address
                found[f"{name}.{key}"] = (value, getattr(value, "__code__", None), getattr(value, "__defaults__", None))
    return found


def tampered(before: dict[str, object]) -> list[str]:
    """Return the names that mean something else than they did before."""
    after = snapshot()
    return [
        name
        for name, was in before.items()
        if name not in after or any(a is not b for a, b in zip(was, after[name], strict=True))
    ]


def run(job: dict, ready: Callable[[], None]) -> tuple[str, str]:
    """Run the set-up, then the hand-in's cells, and return the outcome and what is said of it.

    Parameters
    ----------
    job : dict
        `exercise`, its id; `setup`, the course's own cells; `cells`, the student's, without the call of `check`;
        `answers`, the expressions that were handed to it; `folder` and `solutions`, for the audit hook.
    ready : callable
        Called when the set-up is done and the student's time begins.
    """
    from IPython.core.interactiveshell import InteractiveShell

    core = importlib.import_module("dlhelpers.exercises.core")
    judge, id = core.judge, job["exercise"]
    importlib.import_module(f"dlhelpers.exercises.nb{id[:2]}")
    shell = InteractiveShell.instance()
    shell.history_manager.enabled = False
    shell.enable_gui = shell.showtraceback = shell.showsyntaxerror = lambda *args, **kwargs: None
    for source in job["setup"]:
        problem = _run(shell, source)
        if problem:
            return "set-up failed", problem
    core._registry[id] = dataclasses.replace(core._registry[id], solution=None)  # nothing to look up
    before = snapshot()
    registered = dict(core._registry)
    refuse_what_no_exercise_needs(job["folder"], job["solutions"])
    ready()
    for source in job["cells"]:
        problem = _run(shell, source)
        if problem:
            return "cell failed", problem
    try:
        answers = [eval(text, shell.user_ns) for text in job["answers"]]
    except BaseException as problem:
        return "cell failed", _said(problem)
    changed = tampered(before) + (["exercises"] if registered != core._registry else [])
    if not changed:
        verdict = judge(id, *answers)
        changed = tampered(before)  # an answer that is called could change it, too
    if changed:
        listed = ", ".join(changed[:3])
        return "tampered", f"The hand-in replaces what the judge works with: {listed}."
    outcome = {core.RIGHT: "solved", core.NOT_YET: "wrong", core.UNTRIED: "not tried"}[verdict.state]
    return outcome, verdict.message if outcome == "wrong" else ""


def _run(shell, source: str) -> str:
    """Run a cell; return what stopped it, or nothing."""
    result = shell.run_cell(source, silent=True)
    problem = result.error_before_exec or result.error_in_exec
    return _said(problem) if problem else ""


def _said(problem: BaseException) -> str:
    first = (str(problem).strip() or "no message").splitlines()[0]
    return f"{type(problem).__name__}: {first}"[:300]


def main() -> None:
    """Read the job, do it, and write the outcome to the descriptor that the job names."""
    job = json.load(sys.stdin)
    verdicts = os.fdopen(job["descriptor"], "w")
    sys.stdin = open(os.devnull)
    sys.stdout = sys.stderr = open(os.devnull, "w")

    def tell(**what):
        verdicts.write(json.dumps({"key": key, **what}) + "\n")
        verdicts.flush()

    key = job.pop("key")
    try:
        verdict = run(job, ready=lambda: tell(ready=True))
    except BaseException as problem:
        verdict = "set-up failed", _said(problem)
    tell(verdict=verdict)
    os._exit(0)


# What the notebooks' set-up cells import. TensorFlow starts its threads with its first operation, not with its import,
# so a process that has only imported it can be copied.
_IMPORTED = (
    "IPython.core.interactiveshell", "dlhelpers.exercises.core", "matplotlib.pyplot", "numpy", "pandas", "scipy.stats",
    "sklearn.linear_model", "sklearn.model_selection", "tensorflow", "keras",
)  # fmt: skip


def serve(descriptor: int) -> None:
    """Do each job that comes through a socket in a copy of this process, one after the other.

    With one byte come two descriptors, to read the job from and to write the verdict to. The answers are the number of
    the process that does the job, and an empty line when it has ended.
    """
    for name in _IMPORTED:
        importlib.import_module(name)
    with socket.socket(fileno=descriptor) as connection:
        while True:
            asked, descriptors, *_ = socket.recv_fds(connection, 1, 2)
            if not asked:
                return
            child = os.fork()
            if child == 0:
                connection.close()
                _work(*descriptors)
            for one in descriptors:
                os.close(one)
            connection.sendall(f"{child}\n".encode())
            os.waitpid(child, 0)
            connection.sendall(b"\n")


def _work(order: int, verdicts: int) -> None:
    """Do one job in the copy, which is set up as a process of its own would be."""
    try:
        os.setsid()
        with os.fdopen(order) as file:
            job = json.load(file)
        for name in ("HOME", "IPYTHONDIR", "MPLCONFIGDIR", "TMPDIR"):
            os.environ[name] = job["folder"]
        tempfile.tempdir = None
        os.chdir(job["folder"])
        sys.stdin = io.StringIO(json.dumps(job | {"descriptor": verdicts}))
        main()
    finally:
        os._exit(1)


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
    if len(sys.argv) > 1:
        serve(int(sys.argv[1]))
    else:
        main()
