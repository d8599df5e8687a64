"""Notebooks that were saved, renamed or run by other programs, far from the repository."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from tests.tools.sample import write_course
from tools.authors import lint_notebooks, make_student, run_notebook
from tools.authors.notebooks import ROOT


def as_colab_saves(notebook: dict) -> dict:
    """No cell ids, the format of old, and metadata of its own."""
    cells = [
        {**cell, "metadata": {**cell["metadata"], "id": f"aB{number}", "colab": {"base_uri": "https://localhost:8080/"}}}
        for number, cell in enumerate(notebook["cells"])
    ]
    for cell in cells:
        del cell["id"]
    return {**notebook, "cells": cells, "nbformat_minor": 0, "metadata": {"colab": {"provenance": []}}}


def as_vscode_saves(notebook: dict) -> dict:
    cells = [{key: value for key, value in cell.items() if key != "id"} for cell in notebook["cells"]]
    metadata = {"kernelspec": {"display_name": ".venv", "name": "python3"}, "orig_nbformat": 4}
    return {**notebook, "cells": cells, "nbformat_minor": 2, "metadata": metadata}


def small() -> dict:
    """A notebook of three cells that imports the helpers and checks an answer."""
    cells = [
        nbformat.v4.new_markdown_cell("# Kopie für zu Hause"),
        nbformat.v4.new_code_cell("import dlhelpers\nfrom dlhelpers.exercises import check"),
        nbformat.v4.new_code_cell('answer = ...\ncheck("03.2", answer)'),
    ]
    return json.loads(nbformat.writes(nbformat.v4.new_notebook(cells=cells)))


@pytest.fixture
def far_away(tmp_path):
    folder = tmp_path / "Übung 1 (Kopie)"
    folder.mkdir()
    return folder


def run(*command: str, folder: Path) -> subprocess.CompletedProcess:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.run([sys.executable, *command], cwd=folder, env=environment, capture_output=True, text=True)


def test_a_notebook_alone_in_a_folder_runs_in_nbconvert(far_away):
    (far_away / "Blatt 1.ipynb").write_text(json.dumps(as_colab_saves(small())), encoding="utf-8")
    command = ["-m", "jupyter", "nbconvert", "--to", "notebook", "--execute", "Blatt 1.ipynb", "--output", "out"]
    done = run(*command, folder=far_away)
    assert done.returncode == 0, done.stderr
    assert "Exercise 03.2" in (far_away / "out.ipynb").read_text(encoding="utf-8")


def test_nbval_runs_what_other_programs_saved(far_away):
    for name, saved_by in [("colab", as_colab_saves), ("vscode", as_vscode_saves)]:
        (far_away / f"{name}.ipynb").write_text(json.dumps(saved_by(small())), encoding="utf-8")
    windows = json.dumps(small(), indent=1).replace("\n", "\r\n").encode()
    (far_away / "windows.ipynb").write_bytes(windows)
    done = run("-m", "pytest", "-q", "--nbval", "-p", "no:cacheprovider", ".", folder=far_away)
    assert done.returncode == 0 and "6 passed" in done.stdout, done.stdout


def test_a_master_saved_by_colab_is_refused_in_one_sentence_and_stays_as_it_is(tmp_path, capsys):
    path = write_course(tmp_path)
    path.write_text(json.dumps(as_colab_saves(json.loads(path.read_text()))), encoding="utf-8")
    student, before = make_student.student_path(path), path.read_bytes()
    lesson = student.read_bytes()
    for tool in (lambda: make_student.main([], tmp_path), lambda: run_notebook.main(["solutions/01"], tmp_path)):
        capsys.readouterr()
        assert tool() == 1
        error = capsys.readouterr().err
        assert "save it again from JupyterLab" in error and error.count("\n") == 1
    assert lint_notebooks.main([], tmp_path) == 1
    assert path.read_bytes() == before and student.read_bytes() == lesson


def test_windows_line_ends_are_put_right(tmp_path):
    path = write_course(tmp_path)
    before = path.read_bytes()
    path.write_bytes(before.replace(b"\n", b"\r\n"))
    assert make_student.main([], tmp_path) == 0
    assert path.read_bytes() == before
