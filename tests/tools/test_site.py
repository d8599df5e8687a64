"""The preparation of the site on a small course, and the check of links on small pages. Sphinx is not needed."""

from __future__ import annotations

import importlib.util

import pytest

from tests.tools.sample import ADDRESS, code, exercise, notebook, rewrite, write_course
from tools.authors.notebooks import ROOT, NotebookError, badge, masters, read, tags
from tools.site import build_site, check_site
from tools.site.build_site import front_page, prepared, reading_edition, sources, with_true_links, without_picture

TABLE = "| no. | notebook |\n|---|---|\n| 01 | [A sample](notebooks/01_sample.ipynb): sums |"
README = f"# A course\n\nTwo\nlines.\n\n## Start\n\n| no |\n\n## The notebooks\n\n{TABLE}\n\nMore.\n\n## Where\n"
TEMPLATE = "<!-- introduction of README.md -->\n\nOurs.\n\n<!-- table of README.md -->\n"
PAGES = {"notebooks/01_sample.ipynb", "data/README.md", "docs/glossary.md", "docs/lecture_map.md"}
REAL = "https://github.com/uni-x/course"


@pytest.fixture
def course(tmp_path):
    """A course with everything that the site is made of."""
    write_course(tmp_path)
    (tmp_path / "README.md").write_text(README)
    (tmp_path / "docs" / "site").mkdir()
    (tmp_path / "docs" / "site" / "index.md").write_text(TEMPLATE)
    (tmp_path / "docs" / "glossary.md").write_text("# Glossary\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "README.md").write_text("# Data\n\nSee [the map](../docs/lecture_map.md#a).\n")
    return tmp_path


def with_address(root):
    file = root / "pyproject.toml"
    file.write_text(file.read_text().replace(ADDRESS, REAL))


def true(source, root):
    return with_true_links(source, "notebooks/01_sample.ipynb", PAGES, root)


# The course itself


def test_every_notebook_of_the_course_can_be_prepared():
    texts = sources(ROOT)
    assert len(texts) == 4 + len(masters(ROOT))
    assert all(f"](notebooks/{path.name})" in texts["index.md"] for path in masters(ROOT))
    assert not any("YOUR_ORG" in source for name, source in texts.items() if name.startswith("notebooks/"))
    assert not any("BEGIN SOLUTION" in source for source in texts.values())


# Cells


def test_an_exercise_is_shown_open_and_its_answer_with_the_verdict_is_folded():
    _, cell = exercise(1)
    cell.outputs = code("x", "", printed="right\n").outputs
    question, answer = prepared(cell)
    assert question.source == '# Exercise 01.1: a sum\nanswer = ...\n\ncheck("01.1", answer)' and not question.outputs
    assert answer.source == '# Exercise 01.1: a sum\nanswer = 1 + 1\n\ncheck("01.1", answer)'
    assert tags(answer) == ["hide-cell"] and answer.outputs[0].text == "right\n"
    assert answer.metadata["mystnb"]["code_prompt_show"] == "Show the solution"


def test_claims_are_folded_under_a_line_that_says_what_they_are(course):
    master = notebook()
    claims = code("sum-claims", "assert total == 2", ("claims",))
    claims.metadata["jupyter"] = {"source_hidden": True}
    claims.execution_count = 2
    master.cells.insert(5, claims)
    [path] = masters(course)
    rewrite(path, master, course)
    [cell] = [cell for cell in reading_edition(path, PAGES, course).cells if cell.id == "sum-claims"]
    assert cell.source == "assert total == 2" and tags(cell) == ["claims", "hide-cell"]
    assert set(cell.metadata["mystnb"].values()) == {"What is asserted here"}


def test_installation_is_dropped_imports_are_folded_and_tags_stay():
    assert prepared(code("install", "import dlhelpers", ("install",))) == []
    [imports] = prepared(code("start", "dlhelpers.setup(seed=1)\n\nimport math", ("fact-F001",)))
    assert tags(imports) == ["fact-F001", "hide-input"]
    [plain] = prepared(code("plain", "print('# END of the SOLUTIONS')"))
    assert tags(plain) == []


def test_the_id_of_an_exercise_may_be_as_long_as_the_format_allows():
    question, answer = prepared(code("i" * 64, exercise(1)[1].source))
    assert len(question.id) == 64 and question.id != answer.id


def test_the_master_is_not_touched(course):
    [path] = masters(course)
    before = path.read_bytes()
    edition = reading_edition(path, PAGES, course)
    assert path.read_bytes() == before
    assert [cell.id for cell in edition.cells][:3] == ["header", "start", "section"]
    assert edition.cells[3].outputs == read(path).cells[4].outputs


def test_malformed_markers_name_file_and_cell(course):
    [path] = masters(course)
    broken = notebook()
    broken.cells[4].source = "# BEGIN SOLUTION\na = 1"
    rewrite(path, broken, course)
    with pytest.raises(NotebookError, match=r"notebooks/solutions/01_sample.ipynb cell 4: .*\(cell id sum\)"):
        sources(course)


# The badge


def test_the_badge_is_a_plain_link_once_there_is_an_address():
    header = "# 01 A\n\n{}\n\n*Purpose.*"
    assert without_picture(header.format(badge(ADDRESS, "notebooks/01.ipynb"))) == header.format("")
    colab = "https://colab.research.google.com/github/uni-x/course/blob/main/notebooks/01.ipynb"
    real = header.format(badge(REAL, "notebooks/01.ipynb"))
    assert without_picture(real) == header.format(f"[Open in Colab]({colab})")
    assert without_picture("# No badge") == "# No badge"


def test_it_leads_to_the_edition_that_students_open(course):
    with_address(course)
    [path] = masters(course)
    header = reading_edition(path, PAGES, course).cells[0].source
    assert "/uni-x/course/blob/main/notebooks/01_sample.ipynb)" in header and "badge.svg" not in header
    assert f"[the list]({REAL}/blob/main/README.md)" in header


# Links


@pytest.mark.parametrize(
    "source",
    ["[it](01_sample.ipynb#2-what)", "[it](./../docs/lecture_map.md)", "[it](#here)", "[it](https://a.org/x)"]
    + ["[it](mailto:a@b.org)", "[it](//a.org/x)"]
    # What only looks like a link.
    + ["`f[0](x)`", "```python\nf[0](x)\n```", "$p[x](y)$", "$$\np[x](y)\n$$", "[x]()", "[x](a b)", "[x]("],
)
def test_links_to_pages_places_and_the_web_stay(course, source):
    assert true(source, course) == source


def test_links_to_other_files_leave_the_site_or_become_words(course):
    source = "see [`the` code](../docs/site/index.md), [folder](../docs)"
    assert true(source, course) == "see `the` code, folder"
    with_address(course)
    expected = f"see [`the` code]({REAL}/blob/main/docs/site/index.md), [folder]({REAL}/tree/main/docs)"
    assert true(source, course) == expected


@pytest.mark.parametrize("link", ["gone.ipynb", "../../../etc/passwd", "/etc/passwd", "02.ipynb#x"])
def test_a_link_that_leads_nowhere_is_an_error(course, link):
    with pytest.raises(NotebookError, match="which does not exist"):
        true(f"[x]({link})", course)


def test_a_picture_in_a_file_is_an_error(course):
    (course / "docs" / "a.png").write_bytes(b"")
    with pytest.raises(NotebookError, match="the picture ../docs/a.png is a file of its own"):
        true("![x](../docs/a.png)", course)


# The front page


def test_the_front_page_has_the_introduction_and_the_one_table():
    assert front_page(README, TEMPLATE) == f"# A course\n\nTwo\nlines.\n\nOurs.\n\n{TABLE}\n"
    for readme in ("", "# Title only", README.replace("## The note", "## Note"), README.replace(TABLE, "| a |")):
        with pytest.raises(NotebookError, match="README.md needs a title, an introduction and a table"):
            front_page(readme, TEMPLATE)
    for template in ("", TEMPLATE + TEMPLATE):
        with pytest.raises(NotebookError, match="docs/site/index.md needs the line"):
            front_page(README, template)


def test_a_row_without_its_notebook_is_an_error(course):
    (course / "README.md").write_text(README.replace("01_sample", "02_gone"))
    with pytest.raises(NotebookError, match="^a link of README.md leads to notebooks/02_gone.ipynb, which"):
        sources(course)


# The whole


def test_the_sources_lie_as_in_the_repository(course):
    assert set(sources(course)) == {"index.md", *PAGES}


def test_what_cannot_be_built_gives_one_clear_line(course, capsys, monkeypatch):
    def error():
        assert build_site.main([], course) == 1
        return capsys.readouterr().err

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert "`make site`" in error()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    (course / "data" / "README.md").rename(course / "data" / "README")
    assert error().endswith("data/README.md'\n")
    (course / "data" / "README").rename(course / "data" / "README.md")
    [path] = masters(course)
    path.write_text("{")
    assert error().startswith("notebooks/solutions/01_sample.ipynb: not a notebook")
    path.unlink()
    assert error() == "no notebooks in notebooks/solutions, the site would be empty\n"


def test_a_failed_build_leaves_the_last_site(course, capsys, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: object())
    monkeypatch.setattr(build_site.sys, "executable", "false")
    (build_site.site(course)).mkdir(parents=True)
    (build_site.site(course) / "index.html").write_text("old")
    assert build_site.main([], course) == 1
    assert "mend what the lines above name" in capsys.readouterr().err
    assert (build_site.site(course) / "index.html").read_text() == "old"


# The check of links


def pages(root, **bodies):
    root.mkdir(parents=True, exist_ok=True)
    for name, body in bodies.items():
        (root / f"{name}.html").write_text(f"<html><body>{body}</body></html>")
    return root


def test_links_and_anchors_that_lead_somewhere_are_fine(tmp_path):
    (tmp_path / "a b.png").write_bytes(b"")
    body = '<h2 id="x">X</h2><a href="#x"></a><a href="two.html?q=1#y"></a><a href="https://a.org/z"></a>'
    body += '<img src="a%20b.png"><img src="data:image/png;base64,AAAA">'
    assert check_site.link_problems(pages(tmp_path, one=body, two='<a name="y"></a><a href=""></a><a></a>')) == []


@pytest.mark.parametrize(
    "body, problem",
    [
        ('<a href="gone.html">', "gone.html leads to no file"),
        ('<a href="#gone">', "#gone leads to no place"),
        ('<img src="gone.png"/>', "gone.png leads to no file"),
        ('<a href="../outside.html">', "../outside.html leads to no file of the site"),
        ('<script src="https://cdn.org/x.js"></script>', "loads https://cdn.org/x.js from a network"),
        ('<link rel="stylesheet" href="//cdn.org/x.css">', "loads //cdn.org/x.css from a network"),
    ],
)
def test_a_dead_link_is_named_with_its_page(tmp_path, body, problem):
    (tmp_path / "outside.html").write_text("")
    [found] = check_site.link_problems(pages(tmp_path / "site", one=body))
    assert found.startswith("one.html: ") and problem in found


def test_links_can_be_checked_without_a_browser(tmp_path, capsys, monkeypatch):
    assert check_site.main(["--no-browser"], tmp_path) == 1
    assert "run make site first" in capsys.readouterr().err
    pages(check_site.site(tmp_path), index="hello")
    assert check_site.main(["--no-browser"], tmp_path) == 0
    monkeypatch.setitem(check_site.sys.modules, "playwright.sync_api", None)
    assert check_site.main([], tmp_path) == 1
    assert "Playwright is not installed" in capsys.readouterr().err
