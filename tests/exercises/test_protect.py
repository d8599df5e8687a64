"""Scratch names of a student break no later cell: see dlhelpers/exercises/protect.py."""

import doctest
import time
import types
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from nbformat import v4
from traitlets.config import Config

from dlhelpers.exercises import check, fallback, protect
from tools.authors.lint_notebooks import overwritten
from tools.authors.make_student import bound_by, student_edition
from tools.authors.notebooks import ROOT, is_claims, masters, parse, read

CHECK = '\ncheck("01.1", answer)'


@pytest.fixture
def shell():
    """A shell of IPython with the protection, and nothing in it that a test left."""
    shell = InteractiveShell(config=Config({"HistoryManager": {"hist_file": ":memory:"}}))
    protect.install(shell)
    protect.install(shell)
    shell.user_ns.update(check=check, fallback=fallback, np=np, pd=pd)
    yield shell
    shell.restore_sys_module_state()


def run(shell, *cells):
    for cell in cells:
        shell.run_cell(cell, store_history=True)


def test_names_from_before_are_put_back_and_said_once(shell, capsys):
    run(shell, "trips, n, same, gone = 'table', [1], 3, 4")
    run(shell, "answer = ...\ntrips = n = 5; same = 3; del gone\nnew = 6" + CHECK)
    names = shell.user_ns
    assert (names["trips"], names["n"], names["same"], names["gone"]) == ("table", [1], 3, 4)
    assert (names["answer"], names["new"]) == (..., 6)
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 2 and lines[1].startswith("Put back to their values from before this cell")
    assert "`gone`, `n`, `trips`" in lines[1] and "same" not in lines[1]


def test_who_overwrites_nothing_sees_nothing(shell, capsys):
    run(shell, "x = np.arange(3)", "mine = x.sum(); answer = ..." + CHECK, "x = 4", "mine = x; answer = ..." + CHECK)
    assert shell.user_ns["mine"] == 4 and "Put back" not in capsys.readouterr().out
    assert [line.count("check(") for line in shell.history_manager.input_hist_raw[1:]] == [0, 1, 0, 1]


def test_other_cells_are_not_touched(shell, capsys):
    run(shell, "x, y = 1, [2]", "x = 3; y[0] = 4; checked = check", 'check("spelling", x)', "def f(: check", "1 / 0")
    assert (shell.user_ns["x"], shell.user_ns["y"]) == (3, [4]) and "Put back" not in capsys.readouterr().out


def test_answers_stay_though_they_stood_before(shell, capsys):
    """In the second run, those of the first stand before; `fallback` gives one more."""
    cell = 'answer = {0}\nh = {0}\nrule = len\ncheck("01.1", answer, [b])\nrule = fallback("05.3", rule)'
    run(shell, "b = 0", cell.format(1), cell.format(2), 'h = 3; check("01.2", h)')
    run(shell, "b = 4", 'h = 5; b = 6; check("01.2", [h])')
    names = shell.user_ns
    assert (names["answer"], names["h"], names["b"]) == (2, 5, 4) and names["rule"] is not len
    assert capsys.readouterr().out.count("Put back") == 1


def test_a_scratch_name_that_the_notebook_takes_over_is_its_own(shell, capsys):
    cell = "n = 10; answer = ..." + CHECK
    run(shell, cell, cell, "n = 10", cell.replace("10", "11"))
    assert shell.user_ns["n"] == 10 and capsys.readouterr().out.count("Put back") == 1


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("1 / 0", "x"),  # the cell stops
        ("import math as x", "x"),
        ("def x(): ...", "x"),
        ("for x in range(3): pass", "x"),
        ("%time x = 3", "x"),
        ("x, = !echo 3", "x"),
        ("%%time\nx = 3", "x"),
        ("%%capture\nx = 3", "x"),
        ("a[0] = 1", "a"),
        ("a[a > 1] *= 2", "a"),
        ("a += 1", "a"),
        ("b = a\nb -= 1", "a"),
        ("a.sort()", "a"),
        ("a.ravel().sort()", "a"),
        ("a.resize(2, refcheck=False)", "a"),
        ("np.random.seed(1)\nnp.random.shuffle(a)", "a"),
        ("np.add(a, 1, out=a)", "a"),
        ("def f(z):\n    z -= z.max()\nf(a)", "a"),
        ("for row in big: row /= 2", "big"),
        ("big.fill(np.nan)", "big"),
        ("nan[1] = 0", "nan"),
        ("objects[0] = 4", "objects"),
        ("df['new'] = 1", "df"),
        ("df.loc[0, 'u'] = 7", "df"),
        ("df.drop(columns='u', inplace=True)", "df"),
        ("df.sort_values('u', inplace=True)", "df"),
        ("df.columns = ['other', 'v']", "df"),
        ("column[0] = 9", "column"),
        ("numbers.append(4)", "numbers"),
        ("numbers.sort()", "numbers"),
        ("weights[1] += 1", "weights"),
        ("table['x'] = 0", "table"),
        ("table['inner'][0] = 9", "table"),
        ("letters.add('z')", "letters"),
        ("thing.data = 3", "thing"),
        ("thing.data -= 1", "thing"),
        ("rng.normal(size=4)", "rng"),
    ],
)
def test_changes_in_place_are_undone(shell, capsys, cell, name):
    setting = """
x, a, nan = 1, np.array([3.0, 1.0, 2.0]), np.array([np.nan, 1])
big, objects = np.ones((500, 2000)), np.array([1, "a", None], dtype=object)
df, column = pd.DataFrame({"u": [2.0, 1.0], "v": ["p", None]}), pd.Series([1, 2])
numbers, weights = [3, 1, 2], [np.ones(2), np.zeros(3)]
table, letters, rng = {"inner": [1, 2]}, {"a"}, np.random.default_rng(1)
class Thing: ...
thing = Thing(); thing.data = np.ones(2)"""
    look = {"rng": "repr(rng.bit_generator.state)", "thing": "repr(vars(thing))"}.get(name, f"repr({name})")
    run(shell, setting, f"before = {look}", "alias = " + name)
    run(shell, f"{cell}\nanswer = ..." + CHECK if "1 / 0" not in cell else "x = 3\n1 / 0" + CHECK, f"after = {look}")
    assert shell.user_ns["after"] == shell.user_ns["before"]
    assert shell.user_ns["alias"] is shell.user_ns[name]
    if "capture" not in cell:
        said = [line for line in capsys.readouterr().out.splitlines() if line.startswith("Put back")]
        assert len(said) == 1 and f"`{name}`" in said[0]


def test_weights_of_a_network_are_put_back(shell, capsys):
    import keras

    net, value = keras.Sequential([keras.Input((2,)), keras.layers.Dense(3)]), keras.Variable([1.0, 2.0])
    before = [w.copy() for w in net.get_weights()]
    shell.user_ns.update(net=net, value=value, copy=value, unbuilt=keras.Sequential([keras.layers.Dense(1)]))
    run(shell, "net.set_weights([w + 1 for w in net.get_weights()]); value.assign([3, 4]); answer = ..." + CHECK)
    assert all(map(np.array_equal, before, net.get_weights())) and value.numpy().tolist() == [1, 2]
    assert "`net`, `value`" in capsys.readouterr().out.replace("`copy`", "`value`")


def test_nothing_that_stands_there_can_stop_a_cell(shell, capsys):
    class Hostile(np.ndarray):
        def copy(self, *arguments, **options):
            raise SystemError

    class Rude(dict):
        __iter__ = keys = values = items = __len__ = property(lambda self: 1 / 0)

    loop = [1]
    loop.append(loop)
    frozen = np.ones(3)
    frozen.flags.writeable = False
    shell.user_ns.update(hostile=np.ones(2).view(Hostile), rude=Rude(), loop=loop, frozen=frozen, a=np.ones(2))
    run(shell, "a[0] = loop[0] = 2; answer = ..." + CHECK)
    assert shell.user_ns["a"].tolist() == [1, 1] and loop[0] == 1 and "Traceback" not in capsys.readouterr().out


def test_an_exercise_cell_does_not_become_slow(shell):
    shell.user_ns.update(images=np.ones((60000, 28, 28), "float32"), tables={i: np.ones(1000) for i in range(900)})
    for cell, most in (("mean = images.mean()", 0.3), ("images[0] = 0", 3)):
        protection, info = shell._dlhelpers_protection, types.SimpleNamespace(raw_cell=cell + CHECK)
        start = time.process_time()
        protection.before_cell(info)
        protection.after_cell()
        assert time.process_time() - start < most


# --- the notebooks -----------------------------------------------------------------


def cells(notebook):
    return [cell.source for cell in notebook.cells if cell.cell_type == "code" and not is_claims(cell)]


def exercise_cells(path):
    """For each exercise cell of a student edition: the code, and the names that other cells before it bind."""
    before = set()
    for source in cells(student_edition(read(path), path, ROOT)):
        if source.startswith("# Exercise"):
            yield source, set(before)
        else:
            before |= set(bound_by(parse(source)))


@pytest.mark.parametrize("path", masters(ROOT), ids=lambda path: path.stem[:2])
def test_no_solution_overwrites_what_stood_before(path):
    assert overwritten(read(path)) == []


@pytest.mark.parametrize("path", masters(ROOT), ids=lambda path: path.stem[:2])
def test_each_name_of_each_notebook_is_protected(shell, path, capsys):
    """A student who takes every name that stands before an exercise for something else has all of them back."""
    for source, before in exercise_cells(path):
        spared = protect.answers(parse(source)) | {"check", "fallback", *bound_by(parse(source))}
        before = sorted(name for name in before - spared if name[:1] != "_")
        if before:
            run(shell, "".join(f"{name} = object()\n" for name in before))
            stood = {name: shell.user_ns[name] for name in before}
            run(shell, "".join(f"{name} = 0\n" for name in before) + source)
            assert [name for name in before if shell.user_ns[name] is not stood[name]] == []
            assert capsys.readouterr().out.count("Put back") == 1


# What somebody would naturally write, and a name in it that stands before, or None.
NATURAL = {
    "18.3": ("trips = np.exp(z_year)\ntrips_3_months = trips * 3 / 12", "trips"),
    "07.5": ("n = len(y_test)\nrecall = np.array([counts[k, k] / counts[k].sum() for k in range(10)])", "n"),
    "23.4": ("D = np.array([1, 0.5])\nv_dice = 2 * np.mean(np.log(D))", "D"),
    "13.2": ("h = 0.5\nfactor = 0.9 * (1 - h**2)\nleft_over = [factor**20, 12]", "h"),
    "00.1": ("rows = columns = 28\nn_pixels = rows * columns", None),
}
GIVEN = {
    "sigmoid": lambda z: 1 / (1 + np.exp(-z)),
    "y_test": np.repeat(np.arange(10), 3),
    "answer": np.tile(np.arange(10), 3),
}


@pytest.mark.parametrize("id", NATURAL)
def test_natural_solutions(shell, id, capsys):
    (path,) = [path for path in masters(ROOT) if path.stem.startswith(id[:2])]
    ((source, before),) = [found for found in exercise_cells(path) if f'check("{id}"' in found[0]]
    solution, name = NATURAL[id]
    *given, check_line = source.splitlines()
    solved = "\n".join([*(line for line in given if not line.endswith("= ...")), solution, check_line])
    stood = {one: GIVEN.get(one, object()) for one in before - {"np", "check"}}
    shell.user_ns.update(stood)
    run(shell, solved)
    assert [one for one in stood if shell.user_ns[one] is not stood[one]] == []
    said = capsys.readouterr().out
    assert (f"`{name}`" in said) if name else ("Put back" not in said)
    assert "right" in said and "not yet" not in said, said


def test_a_kernel_protects_as_soon_as_the_exercises_are_imported(tmp_path):
    sources = ["from dlhelpers.exercises import check\ntrips = [1]", "trips.append(2); trips = 3; n = 784"]
    sources = [sources[0], sources[1] + '\ncheck("00.1", n)', "print(trips, n)"]
    notebook = v4.new_notebook(cells=[v4.new_code_cell(source) for source in sources])
    NotebookClient(notebook, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}}).execute()
    verdict, note = notebook.cells[1].outputs
    assert "right" in verdict.data["text/plain"] and "`trips`" in note.text
    assert notebook.cells[2].outputs[0].text == "[1] 784\n"


def test_examples_in_the_documentation():
    assert doctest.testmod(protect).failed == 0 and Path(protect.__file__).exists()
