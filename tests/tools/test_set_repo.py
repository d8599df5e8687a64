"""Setting the address of the repository on a copy of a small course."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.sample import ADDRESS, IDS, write_course
from tools.authors import set_repo
from tools.authors.lint_notebooks import lint
from tools.authors.make_student import student_path
from tools.authors.notebooks import install_cell, read, repository


def contents(root: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_the_address_reaches_every_place_and_outputs_stay(tmp_path):
    path = write_course(tmp_path)
    outputs = read(path).cells[4].outputs
    assert set_repo.main(["https://github.com/uni-x/my.course.git"], tmp_path) == 0
    assert repository(tmp_path) == "https://github.com/uni-x/my.course"
    for notebook in (path, student_path(path)):
        assert "/github/uni-x/my.course/blob/main/notebooks/" in read(notebook).cells[0].source
        assert "%pip install -q git+https://github.com/uni-x/my.course\n" in read(notebook).cells[1].source
    assert read(path).cells[4].outputs == outputs
    readme = (tmp_path / "README.md").read_text()
    assert readme == "Clone https://github.com/uni-x/my.course.git, see nbviewer.org/github/uni-x/my.course\n"
    assert lint(tmp_path, IDS) == []


def test_it_can_be_repeated_changed_and_taken_back(tmp_path):
    write_course(tmp_path)
    before = contents(tmp_path)
    set_repo.main(["https://github.com/a/b"], tmp_path)
    once = contents(tmp_path)
    set_repo.main(["https://github.com/a/b/"], tmp_path)
    assert contents(tmp_path) == once != before
    set_repo.main(["https://github.com/c/d"], tmp_path)
    assert "a/b" not in (tmp_path / "README.md").read_text()
    set_repo.main([ADDRESS], tmp_path)
    assert contents(tmp_path) == before


def test_other_addresses_that_begin_alike_stay():
    text = "https://github.com/a/b-plus https://github.com/a/b.git git@github.com:a/b mygithub.com/a/b"
    expected = "https://github.com/a/b-plus https://github.com/x/y.git git@github.com:x/y mygithub.com/a/b"
    assert set_repo.with_address(text, "https://github.com/a/b", "https://github.com/x/y") == expected


@pytest.mark.parametrize(
    "url",
    ["", "a/b", "http://github.com/a/b", "https://gitlab.com/a/b", "https://github.com/a", "https://github.com/a/b/tree/main"],
)
def test_wrong_addresses_are_refused_and_change_nothing(tmp_path, capsys, url):
    write_course(tmp_path)
    before = contents(tmp_path)
    capsys.readouterr()
    assert set_repo.main([url], tmp_path) == 1
    assert capsys.readouterr().err == f"{url!r} is no address of a repository, write https://github.com/you/your-repo\n"
    assert contents(tmp_path) == before


def test_a_notebook_that_cannot_be_read_stops_before_anything_changes(tmp_path, capsys):
    path = write_course(tmp_path)
    path.write_text("{")
    before = contents(tmp_path)
    assert set_repo.main(["https://github.com/a/b"], tmp_path) == 1
    assert "notebooks/solutions/01_sample.ipynb: not a notebook" in capsys.readouterr().err
    assert contents(tmp_path) == before


def test_the_install_cell_never_installs_from_the_placeholder():
    assert "pip" not in install_cell(ADDRESS) and "make set-repo URL=" in install_cell(ADDRESS)
    with pytest.raises(ModuleNotFoundError, match="Students: ask your teacher"):
        exec(install_cell(ADDRESS).replace("import dlhelpers", "import no_such_helpers"))
