"""The linter of the notebooks: the sample passes, and each rule has an edit that breaks it."""

from __future__ import annotations

import base64
import struct
from collections.abc import Callable

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_output

from tests.tools.sample import IDS, code, notebook, rewrite, write_course
from tools.authors import lecture_map, lint_notebooks, make_student
from tools.authors.lint_notebooks import lint
from tools.authors.notebooks import ROOT, to_text

FILE = "notebooks/solutions/01_sample.ipynb"
Edit = Callable[[list[NotebookNode]], None]


def source(cell: int, old: str, new: str) -> Edit:
    """Replace a piece of a cell's source."""

    def edit(cells: list[NotebookNode]) -> None:
        assert old in cells[cell].source
        cells[cell].source = cells[cell].source.replace(old, new)

    return edit


def extend(cell: int, more: str) -> Edit:
    return lambda cells: cells[cell].update(source=f"{cells[cell].source}\n{more}")


def tag(cell: int, name: str) -> Edit:
    return lambda cells: cells[cell].metadata.update(tags=[name])


def output(kind: str, **values: object) -> Edit:
    return lambda cells: cells[4].update(outputs=[new_output(kind, **values)])


def printed(words: str) -> Edit:
    return output("stream", name="stdout", text=words)


def shown(data: dict[str, str]) -> Edit:
    return output("display_data", data=data)


def png(width: int, height: int) -> str:
    header = b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height)
    return base64.b64encode(header + bytes(20)).decode()


def findings(root, edit: Edit, registered: list[str] = IDS) -> list[str]:
    master = notebook()
    path = write_course(root)
    edit(master.cells)
    rewrite(path, master, root)
    return lint(root, registered)


def test_what_stands_beyond_the_core_may_be_long(tmp_path):
    assert findings(tmp_path, extend(3, "\n## 2 Afterwards? (more)\n\n" + "word " * 1500)) == []


def test_the_sample_passes(tmp_path, capsys, monkeypatch):
    write_course(tmp_path)
    assert lint(tmp_path, IDS) == []
    monkeypatch.setattr(lint_notebooks, "registered_ids", lambda: IDS)
    assert lint_notebooks.main([], tmp_path) == 0
    assert capsys.readouterr().out.endswith("1 notebooks, no findings\n")


def test_findings_are_printed_a_line_each(tmp_path, capsys):
    findings(tmp_path, printed("at 0x7f1234567890"))
    capsys.readouterr()
    assert lint_notebooks.main([], tmp_path) == 1
    assert f"{FILE} cell 4: its saved output holds a memory address" in capsys.readouterr().err


RULES = {
    "no header": (lambda cells: cells.pop(0), "cell 0: no header"),
    "title": (source(0, "# 01 A", "# 02 A"), "cell 0: the header lacks its title, write '# 01 ...'"),
    "badge": (source(0, "[![Open in Colab](x)](y)", ""), "cell 0: the header lacks its Colab badge"),
    "purpose": (source(0, "*One line of purpose.*", "One."), "cell 0: the header lacks its line of purpose"),
    "goals": (source(0, "- add\n", ""), "cell 0: the header has 2 goals, write 3 to 5"),
    "able": (source(0, "**You will", "**You can"), "cell 0: the header lacks its **You will be able to**"),
    "data": (source(0, "**Data**", "Data"), "cell 0: the header lacks its **Data**"),
    "time": (source(0, " on a GPU", ""), "cell 0: the header lacks its **Running time**"),
    "before": (source(0, "**Before this**", "Before"), "cell 0: the header lacks its **Before this**"),
    "no install": (lambda cells: cells.pop(1), "cell 1: cell 1, and no other, is a code cell"),
    "two installs": (tag(4, "install"), "cell 1: cell 1, and no other, is a code cell"),
    "no setup": (source(2, "dlhelpers.setup(seed=1)\n\n", ""), "cell 2: cell 2 starts with dlhelpers.setup"),
    "import below": (extend(4, "def f():\n    import os"), "cell 4: an import, move it to cell 2"),
    "heading": (source(3, "## 1 ", "## 2 "), "cell 3: the heading '## 2 What is one"),
    "last heading": (source(-1, "What you take away", "2 End"), "the last section is not"),
    "image": (extend(3, "![](../../README.md)"), "cell 3: an image without alternative text"),
    "html image": (extend(3, '<img src="../../README.md">'), "cell 3: an image without alternative text"),
    "link": (extend(3, "[see](../../docs/none.md#top)"), "cell 3: the link to ../../docs/none.md leads"),
    "empty": (lambda cells: cells.insert(5, code("new", "")), "cell 5: an empty cell, delete it"),
    "todo": (extend(3, "TODO: more"), "cell 3: TODO, finish it or take it out"),
    "long": (extend(4, "\n".join(["x = 1"] * 24)), "cell 4: 26 lines of code, split the cell"),
    "median": (
        lambda cells: [extend(i, "x = 1\n" * 10)(cells) for i in (2, 4, 7, 9)],
        "the median cell has",
    ),
    "words of the core": (extend(3, "word " * 1500), "the core has 15"),
    "cells of the core": (
        lambda cells: cells.extend(code(f"more-{n}", f"x{n} = 1") for n in range(20)) or cells.append(cells.pop(-21)),
        "and 2",
    ),
    "no claims": (lambda cells: cells.pop(12), "no cell with the tag claims"),
    "assert in the lesson": (extend(4, "assert total == 2"), "cell 4: an assert, move it to a cell with"),
    "claims without assert": (source(12, "assert total == 2", "same = 2"), "cell 12: no assert, take the tag"),
    "lesson in claims": (extend(12, "print(total)"), "cell 12: more than assertions and names for them"),
    "name of the lesson": (extend(12, "total = 3"), "cell 12: total is also a name of the lesson"),
    "draws": (extend(12, "one = rng.random()"), "cell 12: it draws random numbers or makes a layer"),
    "claims that print": (
        lambda cells: cells[12].update(outputs=[new_output("stream", name="stdout", text="2")]),
        "cell 12: a cell of claims with an output",
    ),
    "tag": (tag(4, "slow"), "cell 4: no tool reads the tag 'slow'"),
    "tolerance": (tag(4, "tol=wide"), "cell 4: no tool reads the tag 'tol=wide'"),
    "tag on text": (tag(5, "tol=0.1"), "cell 5: the tag 'tol=0.1' is on a text cell"),
    "fact": (tag(4, "fact-F999"), "cell 4: docs/lecture_map.md does not list the fact"),
    "not run": (lambda cells: cells[4].update(execution_count=None), "were not run in order in a new kernel"),
    "order": (lambda cells: cells[4].update(execution_count=7), "were not run in order in a new kernel"),
    "unread": (lambda cells: cells.insert(5, code("next", "x = 1")), "cell 4: nothing reads its output"),
    "error": (output("error", ename="E", evalue="", traceback=[]), "cell 4: its saved output is an error"),
    "stderr": (output("stream", name="stderr", text="x"), "cell 4: its saved output holds stderr text"),
    "svg": (shown({"image/svg+xml": "<svg/>"}), "cell 4: its saved output holds image/svg"),
    "step time": (printed("3/3 - 12ms/step"), "cell 4: its saved output holds a running time ('12ms')"),
    "seconds": (printed("took 3.25 s"), "cell 4: its saved output holds a running time ('3.25 s')"),
    "clock": (printed("12:30:01"), "cell 4: its saved output holds a date or time"),
    "path": (printed("/home/me/x"), "cell 4: its saved output holds a path"),
    "windows path": (printed("C:\\Users"), "cell 4: its saved output holds a path"),
    "warning": (printed("UserWarning: x"), "cell 4: its saved output holds a library's warning"),
    "html": (shown({"text/html": "0x7f1234567890"}), "cell 4: its saved output holds a memory"),
    "figure": (shown({"image/png": png(1200, 400)}), "cell 4: a figure of 1200 x 400 pixels"),
    "size": (printed("long " * 200_001), "1.0 MB, make or drop figures"),
    "numbering": (source(8, "01.2", "01.4"), "its exercises are 01.1, 01.4, 01.3, number them in order"),
    "exercises": (lambda cells: cells.__delitem__(slice(10, 12)), "2 exercises, write at least three"),
    "explore": (source(-1, "**Explore.**", ""), "no text with **Explore.**"),
    "exercise name": (source(8, "01.2.**", "01.2**"), "cell 8: write the name of an exercise as"),
    "two in one": (extend(6, "**Exercise 01.2.**"), "cell 6: two exercises in one text cell"),
    "no cell": (source(9, "# Exercise 01.2: a sum", "# sum"), "cell 8: after it comes no code cell that"),
    "no text": (source(8, "**Exercise 01.2.**", ""), "cell 9: before it comes no text cell with"),
    "no region": (
        source(9, "# BEGIN SOLUTION\nanswer = 2 + 1\n# END SOLUTION", "answer = 3"),
        "cell 9: no solution region",
    ),
    "no check": (source(9, 'check("01.2", answer)', "answer"), 'cell 9: call check("01.2", ...) once'),
    "check inside": (
        source(9, '# END SOLUTION\n\ncheck("01.2", answer)', 'check("01.2", answer)\n# END SOLUTION'),
        'cell 9: call check("01.2", ...) once',
    ),
    "wrong solution": (
        lambda cells: cells[9].update(
            outputs=[new_output("display_data", data={"text/plain": "✗ Exercise 01.2: not yet right. No."})]
        ),
        "cell 9: its saved verdict is not 'right'",
    ),
    "marker": (source(9, "# END SOLUTION", "# end solution"), "cell 9: line 4 is nearly a marker"),
    "twice": (
        lambda cells: [extend(i, "def f():\n    return 1")(cells) for i in (4, 7)],
        "cell 7: f is defined in 01_sample cell 4 already",
    ),
    "section": (extend(3, "See [01, sections 1 and 7](01_sample.ipynb)."), "notebook 01 has no section 7"),
    "section behind": (extend(3, "See [01](01_sample.ipynb), section 8."), "notebook 01 has no section 8"),
}


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_has_its_message(tmp_path, rule):
    edit, message = RULES[rule]
    assert any(line.startswith(FILE) and message in line for line in findings(tmp_path, edit))


def test_what_only_looks_like_a_finding_is_none(tmp_path):
    def edit(cells: list[NotebookNode]) -> None:
        extend(3, "A formula $f[i](j)$, code `[a](b)`:\n\n```\n## 9 no heading\n```\n[web](https://keras.io)")(cells)
        printed("year 1970s, 5 s, loss 0.25, ratio 1:30, 1949-01-01")(cells)
        verdict = {"text/plain": "✓ Exercise 01.1: right.", "text/html": "<b>right</b>"}
        cells[7].outputs = [new_output("display_data", data=verdict)]

    assert findings(tmp_path, edit) == []


def test_the_registry_and_the_notebook_hold_the_same_exercises(tmp_path):
    found = findings(tmp_path, lambda cells: None, ["01.1", "01.2", "01.4", "02.1"])
    assert found == [
        f"{FILE}: dlhelpers.exercises does not know exercise 01.3, add it there",
        f"{FILE}: dlhelpers.exercises has exercise 01.4, which the notebook lacks",
    ]


def test_a_broken_registry_is_one_finding(tmp_path, monkeypatch):
    import dlhelpers.exercises

    write_course(tmp_path)
    monkeypatch.delattr(dlhelpers.exercises, "ids")
    assert [line.split(":")[0] for line in lint(tmp_path)] == ["dlhelpers.exercises"]


def test_editions_that_are_out_of_step(tmp_path):
    path = write_course(tmp_path)
    student = make_student.student_path(path)
    student.write_text(student.read_text().replace("It is two", "It was two"))
    assert lint(tmp_path, IDS) == [
        "notebooks/01_sample.ipynb: out of step with its master, edit only the master and run make student"
    ]
    student.rename(student.with_name("03_lost.ipynb"))
    found = "\n".join(lint(tmp_path, IDS))
    assert f"{FILE}: has no student edition" in found
    assert "notebooks/03_lost.ipynb: has no master" in found


def test_metadata_badge_and_install_cell_are_those_of_the_tools(tmp_path):
    path = write_course(tmp_path)
    edits = {'"name": "python3"': '"name": "mine"', "blob/main": "blob/dev", "import dlhelpers": "pass"}
    for old, new in edits.items():
        master = path.read_text()
        path.write_text(master.replace(old, new, 1))
        assert any("are not as the tools write them" in line for line in lint(tmp_path, IDS)), old
        path.write_text(master)


def test_two_notebooks_of_one_number(tmp_path):
    path = write_course(tmp_path)
    rewrite(path.with_name("01_twin.ipynb"), notebook(), tmp_path)
    assert "notebooks/solutions/01_twin.ipynb: another notebook has the number 01, too" in lint(tmp_path, IDS)


def test_a_name_and_a_file_that_are_no_notebook(tmp_path):
    path = write_course(tmp_path)
    path.with_name("Draft.ipynb").write_text(to_text(notebook()))
    path.with_name("04_broken.ipynb").write_text("{")
    found = "\n".join(lint(tmp_path, IDS))
    assert "notebooks/solutions/Draft.ipynb: the file's name is not NN_name" in found
    assert "notebooks/solutions/04_broken.ipynb: not a notebook" in found


def test_the_map_is_in_step_with_the_tags(tmp_path, capsys):
    path = write_course(tmp_path)
    page = lecture_map.page(tmp_path)
    assert "| F001 | one and \\| or one | [01](../notebooks/01_sample.ipynb) |\n" in page.read_text()
    assert "| F002 | two | |\n" in page.read_text()
    assert lecture_map.main(["--check"], tmp_path) == 0
    path.write_text(path.read_text().replace("fact-F001", "fact-F002"))
    assert lint(tmp_path, IDS)[-1].startswith("docs/lecture_map.md: out of step with the notebooks' tags")
    assert lecture_map.main(["--check"], tmp_path) == 1
    assert lecture_map.main([], tmp_path) == 0
    assert "| F001 | one and \\| or one | |" in page.read_text()
    path.write_text(path.read_text().replace("fact-F002", "fact-F999"))
    capsys.readouterr()
    assert lecture_map.main([], tmp_path) == 1
    assert "docs/lecture_map.md does not list F999" in capsys.readouterr().err


def test_the_map_knows_the_facts_that_tests_compute(tmp_path, capsys):
    write_course(tmp_path)
    tests = tmp_path / lecture_map.FACT_TESTS / "test_sums.py"
    tests.parent.mkdir(parents=True)
    tests.write_text("def test_F001_F002_one_and_one():\n    assert 1 + 1 == 2\n")
    assert lecture_map.main(["--check"], tmp_path) == 1
    assert lecture_map.main([], tmp_path) == 0
    page = lecture_map.page(tmp_path).read_text()
    assert "[01](../notebooks/01_sample.ipynb), [test](../tests/lecture_facts/test_sums.py) |" in page
    assert "| F002 | two | [test](../tests/lecture_facts/test_sums.py) |" in page
    tests.write_text("def test_F998_nothing():\n    assert True\n")
    capsys.readouterr()
    assert lecture_map.main([], tmp_path) == 1
    assert "docs/lecture_map.md does not list F998, which a cell's tag or a test names" in capsys.readouterr().err


def test_a_fact_that_nothing_computes_has_a_line_of_text(tmp_path, capsys):
    write_course(tmp_path)
    page = lecture_map.page(tmp_path)
    assert lecture_map.homeless(tmp_path) == ["F002"]
    note = f"{lecture_map.NOTES}\n\n- **F002** (name): two is a name.\n"
    page.write_text(f"Of the 0 facts, x\n\n{page.read_text()}\n{note}")
    assert lecture_map.main([], tmp_path) == 0 and lecture_map.homeless(tmp_path) == []
    text = page.read_text()
    assert "| F002 | two | [text](#facts-that-nothing-computes) |" in text
    assert text.startswith("Of the 2 facts, 1 are computed in a notebook and 0 more in a test; 1 are a convention")
    assert lecture_map.main(["--check"], tmp_path) == 0
    page.write_text(text.replace("- **F002**", "- **F001**"))
    capsys.readouterr()
    assert lecture_map.main([], tmp_path) == 1 and "F001 is computed, so it needs no line" in capsys.readouterr().err
    page.write_text(text.replace("- **F002**", "- **F997**"))
    assert lecture_map.main([], tmp_path) == 1 and "does not list F997" in capsys.readouterr().err


def test_every_fact_of_the_lectures_has_a_home():
    facts = lecture_map.known_facts(ROOT)
    assert len(facts) == len(set(facts)) == 367
    assert not lecture_map.homeless(ROOT)
