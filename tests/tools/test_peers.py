"""Tests of the comparison with plain Keras; whole lessons train for minutes and are not run here."""

from __future__ import annotations

import ast
import inspect
import time

import pytest

from tools.authors.notebooks import ROOT, masters, read
from tools.release import bench, peers


class Toy(peers.Lesson):
    number, title, unit, sign, cells = "01", "toy", "error", -1, ""
    goal, errors = 0.5, (0.9, 0.5, 0.1)

    def ours(self):
        busy(0.1)
        return self.goal

    def plain(self):
        for error in self.errors:
            busy(0.08)
            yield error

    def score(self, model):
        return model


def busy(seconds):
    start = time.process_time()
    while time.process_time() - start < seconds:
        pass


def test_plain_keras_stops_when_it_is_as_good():
    *_, ours, goal, plain, reached = peers.compared(Toy)
    assert (goal, reached) == ("0.5", "0.5") and float(plain) > float(ours) > 0.09


def test_plain_keras_stops_when_its_time_is_over(monkeypatch):
    monkeypatch.setattr(Toy, "errors", (0.9,) * 20)
    *_, ours, _, plain, reached = peers.compared(Toy)
    assert reached == "0.9" and 2 * float(ours) <= float(plain) < 3.5 * float(ours)


def test_a_larger_score_can_be_the_better_one(monkeypatch):
    monkeypatch.setattr(Toy, "sign", 1)
    assert peers.compared(Toy)[-1] == "0.9"


def test_a_name_that_no_cell_defined():
    with pytest.raises(AttributeError, match="Toy: no cell that was run defines x_train"):
        Toy().x_train  # noqa: B018


@pytest.mark.parametrize("lesson", peers.LESSONS, ids=lambda lesson: lesson.__name__)
def test_its_cells_are_in_the_master(lesson):
    (path,) = (path for path in masters(ROOT) if path.stem.startswith(lesson.number))
    ids = {cell.id for cell in read(path).cells}
    calls = [node for node in ast.walk(ast.parse(inspect.getsource(lesson))) if isinstance(node, ast.Call)]
    runs = [call for call in calls if getattr(call.func, "attr", "") == "run"]
    named = [lesson.cells, *(call.args[0].value for call in runs)]
    assert {cell for cells in named for cell in cells.split()} <= ids


def test_the_page_has_a_place_for_the_table():
    page = bench.PAGE.read_text()
    assert bench.renewed(page, "new", peers.BEGIN, peers.END) != page
