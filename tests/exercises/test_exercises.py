"""Every exercise: the untouched cell and the mistakes that it names; and what check, hint and progress show.

Right answers, in every type, are tested in test_attacks.py. All answers stand in tests/exercises/cases/nbNN.py,
one module for each notebook:

    RIGHT   id: right answers; an answer is a tuple of arguments
    WRONG   id: [(wrong answer, a word of its message)]; one argument alone may stand without its tuple
    MODELS  id: (right, wrong), where each answer is a function that makes the one argument (networks take a while)

Networks are trained for as long as the time lasts; ALL_ANSWERS=1 tries every answer, whatever it takes.
"""

import doctest
import importlib
import inspect
import os
import pkgutil
import random
import re
import subprocess
import sys
import time

import numpy as np
import pytest

from dlhelpers.exercises import check, core, fallback, formulas, hint, ids, judge, progress
from dlhelpers.exercises.core import NOT_YET, OTHER, UNTRIED, exercise
from tests.exercises import cases
from tools.authors.notebooks import ROOT, masters, read

CASES, MODELS = {}, {}
for found in pkgutil.iter_modules(cases.__path__):
    module = importlib.import_module(f"tests.exercises.cases.{found.name}")
    for id, wrong in getattr(module, "WRONG", {}).items():
        wrong = [(answers if isinstance(answers, tuple) else (answers,), word) for answers, word in wrong]
        CASES[id] = module.RIGHT[id], wrong
    MODELS.update(getattr(module, "MODELS", {}))

ALL_WRONG = [(id, answers, word) for id, (_, wrong) in CASES.items() for answers, word in wrong]


def test_every_exercise_has_cases():
    assert ids() == sorted({**CASES, **MODELS})
    for id, (right, wrong) in {**CASES, **MODELS}.items():
        assert right and len({word for _, word in wrong}) >= 2, id


@pytest.mark.parametrize(("id", "answers", "word"), ALL_WRONG)
def test_named_mistakes(id, answers, word):
    verdict = judge(id, *answers)
    assert verdict.state == NOT_YET and word in verdict.message and verdict.message != OTHER, verdict


def in_time(id, answers, seconds, at_least=6):
    """The answers in an order that differs from exercise to exercise, until so much processor time is spent."""
    end = time.process_time() + seconds
    for place, answer in enumerate(random.Random(id).sample(answers, len(answers))):
        if place >= at_least and time.process_time() > end and os.environ.get("ALL_ANSWERS") != "1":
            return
        yield answer


@pytest.mark.parametrize("id", MODELS)
def test_models(id):
    for make, word in in_time(id, MODELS[id][1], seconds=10, at_least=4):
        verdict = judge(id, make())
        assert verdict.state == NOT_YET and word in verdict.message, verdict


@pytest.mark.parametrize("id", [*CASES, *MODELS])
def test_untouched_cell(id):
    answers = {**CASES, **MODELS}[id][0][0]
    n = len(answers) if isinstance(answers, tuple) else 1
    assert judge(id, *[...] * n).state == UNTRIED
    assert judge(id).state == UNTRIED
    assert hint.__doc__ and f'hint("{id}")' in judge(id, ...).message


@pytest.mark.parametrize("id", [id for id, (right, _) in CASES.items() if callable(right[0][0])])
def test_function_that_is_still_empty(id):
    assert judge(id, lambda *arguments: ...).state == UNTRIED
    silent = judge(id, lambda *arguments: None)
    assert silent.state == UNTRIED and ("print only shows" in silent.message)


@pytest.fixture
def kernel(monkeypatch):
    """The state of a kernel in which nothing was checked yet; what a test registers is forgotten after it."""
    ids()
    monkeypatch.setattr(core, "_registry", dict(core._registry))
    for name in ("_best", "_hints_given"):
        monkeypatch.setattr(core, name, type(getattr(core, name))())


def test_check_shows_the_verdict_and_raises_nothing(capsys):
    check("00.1", 28)
    check("00.1", 784)
    check("77.7", 1)
    shown = capsys.readouterr().out
    assert "not yet right" in shown and "right. 28 rows" in shown and "no exercise '77.7'" in shown


def test_fallback_keeps_what_is_right_and_replaces_the_rest(capsys):
    """So that later cells run: in the student edition the answer is still `...`, or a function without a body."""
    mine = lambda g, out, X, W: [g @ W.T, X.T @ g]  # noqa: E731
    assert fallback("05.3", mine) is mine and capsys.readouterr().out == ""
    for still_open in (..., None, lambda g, out, X, W: ..., lambda g, out, X, W: g):
        own = fallback("05.3", still_open)
        assert own(*np.ones((4, 2, 2)))[0].sum() == 8 and "05.3 is still open" in capsys.readouterr().out
    with pytest.raises(KeyError, match="Nothing builds on exercise 05.1"):
        fallback("05.1", [1, 2, 3])
    with pytest.raises(KeyError, match="no exercise"):
        fallback("77.7", 1)


@pytest.mark.parametrize("id", [id for id in ids() if core._registry[id].solution is not None])
def test_what_fallback_gives_is_right(id):
    assert judge(id, core._registry[id].solution).state == core.RIGHT


def test_hints_come_one_by_one(kernel, capsys):
    for _ in range(4):
        hint("01.6")
    lines = capsys.readouterr().out.splitlines()
    assert [line[:11] for line in lines] == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3", "Hint 3 of 3"]
    assert "(the last one)" in lines[2] and "257" not in "".join(lines)
    hint("77.7")
    assert "no exercise" in capsys.readouterr().out


def test_progress_lists_what_is_solved_tried_and_open(kernel, capsys):
    progress()
    assert "No exercise was checked yet" in capsys.readouterr().out
    check("01.1", 0.7311)
    check("00.1", 28)
    check("00.2", ...)
    for _ in range(5):
        hint("00.3")
    capsys.readouterr()
    progress()
    assert capsys.readouterr().out.splitlines() == [
        "Notebook 00: 0 of 4 solved",
        "✗ 00.1  tried   0 of 3 hints",
        "○ 00.2  open    0 of 3 hints",
        "○ 00.3  open    3 of 3 hints",
        "○ 00.4  open    0 of 3 hints",
    ]
    for named in ("01", "1", 1):
        progress(named)
        assert capsys.readouterr().out.startswith("Notebook 01: 1 of 6 solved\n✓ 01.1  solved  0 of 3 hints\n○ 01.2")
    progress()
    assert capsys.readouterr().out.startswith("Notebook 00")
    hint("01.2")
    capsys.readouterr()
    progress()
    assert capsys.readouterr().out.startswith("Notebook 01")


def test_what_is_solved_stays_solved(kernel, capsys):
    for answer in (..., 28, ..., 784, 28, ...):
        check("00.1", answer)
    progress()
    assert capsys.readouterr().out.splitlines()[-5:-3] == ["Notebook 00: 1 of 4 solved", "✓ 00.1  solved  0 of 3 hints"]


def test_progress_as_html(kernel, monkeypatch):
    shown = []
    monkeypatch.setattr(core, "_show", shown.append)
    check("00.1", 784)
    progress()
    page = shown[-1]._repr_html_()
    assert "1 of 4 solved" in page and page.count("<tr") == 4 and ">✓ 00.1</td><td>solved</td>" in page


def test_only_the_module_of_the_notebook_is_imported():
    """And an id that no notebook has gets its one sentence, without the import of any module."""
    code = (
        "import sys\n"
        "from dlhelpers.exercises import check, hint, progress\n"
        "for call in (check, hint): call('77.1'); call('01'); call('x'); call('01.99')\n"
        "check('01.1', 1); hint('01.2'); progress()\n"
        "assert [name for name in sys.modules if 'exercises.nb' in name] == ['dlhelpers.exercises.nb01']\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("There is no exercise") == 8


PUBLIC = [
    thing
    for module in (core, formulas)
    for name, thing in vars(module).items()
    if inspect.isfunction(thing) and thing.__module__ == module.__name__ and not name.startswith("_")
]


@pytest.mark.parametrize("function", PUBLIC, ids=lambda function: function.__name__)
def test_examples_in_the_documentation(function, kernel):
    """Each public function has one, and it says the truth."""
    (example,) = doctest.DocTestFinder(recurse=False).find(function, globs=dict(function.__globals__))
    assert example.examples and "\n    Examples\n    --------\n" in function.__doc__
    assert doctest.DocTestRunner(optionflags=doctest.IGNORE_EXCEPTION_DETAIL).run(example).failed == 0


@pytest.mark.parametrize(
    ("id", "make", "word"),
    [
        ("01.1", lambda: (0, 7311), "decimal point: 0.7311"),
        ("01.1", lambda: "0,7311", "write a decimal point"),
        ("01.1", lambda: np.ma.masked_array([0.7311], [True]), "masked"),
        ("01.1", lambda: np.ma.masked, "masked"),
        ("01.1", lambda: True, "True is a truth value"),
        ("01.1", lambda: np.array([[False]]), "False is a truth value"),
        ("01.1", lambda: (x for x in [0.7311]), "Write list(...) around it"),
        ("01.1", lambda: map(float, [0.7311]), "Write list(...) around it"),
        ("02.2", lambda: tensorflow().constant(0.6931, "bfloat16"), "use float32"),
        ("13.5", lambda: "not A, B and D", "Give letters"),
        ("13.5", lambda: [True, False], "Give letters"),
        ("00.3", lambda: lambda *, images: images, "takes images by name only"),
        ("00.3", lambda: tensorflow().keras.layers.Dense(28), "Keras layer"),
        ("00.3", lambda: tensorflow().keras.layers.Conv2D(1, 3), "Keras layer"),
    ],
)
def test_answers_of_types_with_a_sentence_of_their_own(id, make, word):
    verdict = judge(id, make())
    assert verdict.state == NOT_YET and word in verdict.message, verdict


def tensorflow():
    return importlib.import_module("tensorflow")


def test_answers_of_types_that_are_as_good():
    """A truth value for each letter, parameters behind `*` with a default, and a layer without weights."""
    keras = importlib.import_module("keras")
    assert judge("13.5", [True, True, False, True]).state == core.RIGHT
    assert judge("13.5", np.array([1, 1, 0, 1], bool)).state == core.RIGHT
    assert judge("00.3", lambda images, *, scale=255: (images / scale).astype("float32")).state == core.RIGHT
    assert judge("00.3", keras.layers.Rescaling(1 / 255)).state == core.RIGHT


def test_verdict_as_html_is_safe():
    page = judge("00.1", "<script>")._repr_html_()
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "<code>.astype" not in page and re.search(r"border-left:6px solid #\w{6}", page)


@pytest.mark.parametrize("path", masters(ROOT), ids=lambda path: path.stem[:2])
def test_saved_verdicts_are_what_the_judges_say(path):
    """A new praise makes a saved output stale, also in notebooks whose outputs `make test` does not compare."""
    outputs = [output for cell in read(path).cells if cell.cell_type == "code" for output in cell.outputs]
    plain = "\n".join(output.get("data", {}).get("text/plain", "") for output in outputs)
    saved = dict(re.findall(r"^✓ Exercise (\d\d\.\d+): right\. ?(.*)$", plain, re.MULTILINE))
    assert saved == {id: core._find(id).praise for id in ids() if id[:2] == path.stem[:2]}


def test_malformed_registrations_are_refused():
    with pytest.raises(ValueError, match="looks like"):
        exercise("1.2", "a", "b")
    with pytest.raises(ValueError, match="twice"):
        exercise(ids()[0], "a", "b")
    with pytest.raises(ValueError, match="two hints"):
        exercise("99.1", "a")
