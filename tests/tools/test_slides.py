"""What of a notebook becomes a slide, and that the slides are one file."""

import re

import pytest
from nbformat.v4 import new_output

from tests.tools.sample import HEADER, code, exercise, notebook, text
from tools.authors.notebooks import ROOT, masters, read
from tools.site import slides
from tools.site.slides import Section, page, sections

PICTURE = new_output("display_data", {"image/png": "iVBO\nRw0K", "text/plain": "<Figure>"})


def kinds(*cells, beyond=False) -> list[list[str]]:
    found = notebook()
    found.cells = [text("h", HEADER), *cells]
    return [[slide.kind for slide in part.slides] for part in sections(found, beyond)][1:]


def drawn(id: str, *outputs) -> object:
    cell = code(id, "plt.plot([1, 2])")
    cell.outputs = list(outputs)
    return cell


def test_the_title_comes_with_the_goals_without_their_exercises():
    header = HEADER.replace("- add", "- add (exercise 01.2)")
    opening = slides._opening(header)
    assert [slide.kind for slide in opening.slides] == ["title", "text"]
    assert "One line of purpose." in opening.slides[0].content and "exercise" not in opening.slides[1].content


def test_a_section_gives_guess_figure_sentence_and_exercise():
    cells = [
        text("a", "## 1 How?\n\nSome words.\n\n**Guess first.** Up or down?"),
        drawn("b", PICTURE),
        text("c", "It falls steadily, as the formula says it must. More words.\n\n$$a = b$$"),
        *exercise(1),
    ]
    assert kinds(*cells) == [["section", "guess", "result", "formula", "exercise"]]


def test_what_a_solution_draws_is_not_shown():
    ask, answer = exercise(1)
    answer.outputs = [PICTURE]
    assert kinds(text("a", "## 1 How?\n\nSome words."), ask, answer) == [["section", "exercise"]]


def test_a_guess_keeps_its_question_and_the_words_that_it_needs():
    question = "**Guess first:** which one wins?"
    [guess] = slides._texts(f"Two networks start alike.\n\n{question}\n\n- A: the first\n- B: none")
    assert "start alike" in guess.content and "which one wins" in guess.content and "B: none" in guess.content
    [guess] = slides._texts("Long. " * 200 + f"\n\n{question}")
    assert "Long" not in guess.content


def test_the_sentence_after_a_figure_stands_below_it_and_the_rest_is_for_the_speaker():
    found = notebook()
    words = text("c", "It falls, [as we know](x.ipynb), for all of the seeds. Nobody expected it.")
    found.cells = [text("h", HEADER), text("a", "## 1 How?\n\nFirst."), drawn("b", PICTURE), words]
    section, result = sections(found)[1].slides
    assert section.notes == ["First."] and result.notes == [words.source]
    assert "It falls, as we know, for all" in result.content and "Nobody" not in result.content


@pytest.mark.parametrize("after", ["## 2 Next\n\nWords.", "**Exercise 01.1.** Add.", "**Guess first.** Up?", "- a"])
def test_what_does_not_read_a_figure_is_not_put_below_it(after):
    found = notebook()
    found.cells = [text("h", HEADER), text("a", "## 1 How?"), drawn("b", PICTURE), text("c", after)]
    result = sections(found)[1].slides[1]
    assert result.kind == "result" and result.content.endswith('">')


def test_print_outs_tables_and_definitions_are_shown_if_they_are_short():
    table = new_output("execute_result", {"text/html": "<style>x</style><table><tr><td>1</td></tr></table>"})
    long = new_output("stream", name="stdout", text="line\n" * 40)
    cells = [
        text("a", "## 1 How?"),
        code("b", "print(1)", printed="accuracy 97 %\n"),
        drawn("c", table),
        drawn("d", long),
        code("e", "def f(x):\n    return x"),
        code("f", "x = 1"),
        code("g", "assert x", ("claims",), printed="no"),
    ]
    assert kinds(*cells) == [["section", "result", "result", "code"]]


def test_sections_beyond_the_core_come_when_they_are_asked_for():
    cells = [text("a", "## 1 How?\n\n**Guess first.** Up?"), text("b", "## 2 And then? (more)\n\n**Guess first.** No?")]
    assert len(kinds(*cells)) == 1 and len(kinds(*cells, beyond=True)) == 2


def test_the_page_is_one_file_and_its_scripts_cannot_end_it():
    names = ("reveal.css", "slides.css", "reveal.js", "notes.js", "mathjax")
    shown = [Section("1 How? (more)", [slides.Slide("guess", "<p>Up?</p>", ["said"])])]
    made = page("01 <A>", shown, {name: "" if "css" in name else "'</script>'" for name in names})
    assert made.count("</script>") == 4 and "01 &lt;A&gt;" in made
    assert '<p class="where">1 How?</p><p>Up?</p><aside class="notes"><p>said</p>' in made


def test_slides_of_every_notebook_need_no_network_and_have_a_guess_or_figure_in_each_section():
    for path in masters(ROOT):
        shown = sections(read(path), beyond=True)
        content = "".join(slide.content for part in shown for slide in part.slides)
        assert not re.search(r"(src|href)=\"(?!data:|#)", content), path.name
        assert all(len(part.slides) > 1 for part in shown[1:-1]) or path.name.startswith("00"), path.name
        assert "BEGIN SOLUTION" not in content


def test_an_unknown_notebook_is_refused(capsys):
    assert slides.main(["99"]) == 1
    assert "there is no notebook '99'; there are 00, 01" in capsys.readouterr().err
