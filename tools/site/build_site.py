"""Write the solved notebooks as a static site: build/site, from the saved outputs. Nothing is run.

Copies of the notebooks are prepared for reading (installation dropped, solutions folded, links made true)
in build/site-work/source, laid out as in the repository; Sphinx makes the pages of them.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from nbformat import NotebookNode
from nbformat.v4 import new_code_cell

from tests.comparison import switches
from tools.authors.make_student import (
    BEGIN,
    END,
    LINK_UPWARDS,
    describe,
    solution_regions,
    student_path,
    without_solutions,
)
from tools.authors.notebooks import (
    BADGE,
    BRANCH,
    PLACEHOLDER,
    ROOT,
    NotebookError,
    label,
    masters,
    read,
    renewed,
    repository,
    tags,
    to_text,
    write_text,
)
from tools.site.alt_text import alt_text

# Besides the notebooks, these are pages; links to any other file leave the site.
EXTRA_PAGES = ("data/README.md", "docs/glossary.md", "docs/lecture_map.md")
PICTURES = ("docs/contact_sheet.webp",)
TABLE_HEADING = "## The notebooks"
CLAIMS = "What is asserted here"

# Code and formulas come first: what looks like a link inside them is none.
_CODE_OR_LINK = re.compile(
    r"```.*?```|`[^`\n]*`|\$\$.*?\$\$|\$[^$\n]*\$"
    r"|(?P<picture>!?)\[(?P<words>(?:`[^`\n]*`|[^\]`])*)\]\((?P<target>[^()\s]+)\)",
    re.DOTALL,
)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|#|//", re.IGNORECASE)


def site(root: Path) -> Path:
    """Return the folder of the finished site."""
    return root / "build" / "site"


def sources(root: Path) -> dict[str, str]:
    """Return what Sphinx reads: for each file its path, with forward slashes, and its text.

    Raises
    ------
    NotebookError
        If a notebook, a link or the README's table cannot be made into pages; it names file and cell.
    OSError
        If one of the other files cannot be read.
    """
    paths = masters(root)
    if not paths:
        raise NotebookError("no notebooks in notebooks/solutions, the site would be empty")
    pages = {label(student_path(path), root) for path in paths} | set(EXTRA_PAGES)
    front = front_page(_text(root, "README.md"), _text(root, "docs/site/index.md"))
    texts = {"index.md": with_true_links(front, "README.md", pages, root)}
    texts |= {name: with_true_links(_text(root, name), name, pages, root) for name in EXTRA_PAGES}
    for path in paths:
        try:
            texts[label(student_path(path), root)] = to_text(reading_edition(path, pages, root))
        except NotebookError as error:
            raise NotebookError(describe(error, path, root)) from None
    return texts


def _text(root: Path, name: str) -> str:
    return (root / name).read_text(encoding="utf-8")


def front_page(readme: str, template: str) -> str:
    """Return the template with the README's title, introduction and table of notebooks put in."""
    introduction = re.search(r"\A(# .*?)(?=^## )", readme, re.DOTALL | re.MULTILINE)
    section = re.search(rf"^{TABLE_HEADING}\n(.*?)(?=^## |\Z)", readme, re.DOTALL | re.MULTILINE)
    rows = [line for line in section[1].split("\n") if line.startswith("|")] if section else []
    if not introduction or len(rows) < 3:
        raise NotebookError(f"README.md needs a title, an introduction and a table under {TABLE_HEADING!r}")
    page = template
    for name, text in (("introduction", introduction[1].strip()), ("table", "\n".join(rows))):
        mark = f"<!-- {name} of README.md -->"
        if page.count(mark) != 1:
            raise NotebookError(f"docs/site/index.md needs the line {mark} once")
        page = page.replace(mark, text)
    return page


def reading_edition(path: Path, pages: set[str], root: Path) -> NotebookNode:
    """Return the master at `path` prepared for reading, as seen from the folder of the student editions."""
    name = label(student_path(path), root)
    # Badge and links are those of the student edition: this is what a reader may want to open and run.
    notebook = renewed(read(path), student_path(path), root)
    notebook.metadata["language_info"]["pygments_lexer"] = "ipython3"
    cells = []
    for number, cell in enumerate(notebook.cells):
        try:
            if cell.cell_type == "markdown":
                text = without_picture(cell.source) if number == 0 else cell.source
                cell.source = with_true_links(LINK_UPWARDS.sub(r"\1", text), name, pages, root)
            cells += prepared(cell)
        except NotebookError as error:
            raise NotebookError(f"{error} (cell id {cell.id})", number) from None
    notebook.cells = cells
    return notebook


def prepared(cell: NotebookNode) -> list[NotebookNode]:
    """Return the cells that the site shows for this one.

    An exercise becomes two: as students meet it, then the answer with its verdict, folded. Assertions are folded, too.
    """
    if cell.cell_type != "code":
        return [cell]
    if "install" in tags(cell):
        return []
    described = [output.get("data", {}).pop(switches.FIGURE, None) for output in cell.outputs]
    if any(described):
        cell.metadata["mystnb"] = {"image": {"alt": " ".join(alt_text(one) for one in described if one)}}
    if solution_regions(cell.source.split("\n")):
        question = new_code_cell(without_solutions(cell.source), id=f"open-{cell.id}"[:64])
        lines = cell.source.split("\n")
        cell.source = "\n".join(line for line in lines if line.strip() not in (BEGIN, END))
        return [question, _folded(cell, "hide-cell", "Show the solution", "Hide the solution")]
    if cell.source.startswith("dlhelpers.setup("):
        return [_folded(cell, "hide-input", "Show the imports", "Hide the imports")]
    if "claims" in tags(cell):
        return [_folded(cell, "hide-cell", CLAIMS, CLAIMS)]
    return [cell]


def _folded(cell: NotebookNode, tag: str, show: str, hide: str) -> NotebookNode:
    cell.metadata["tags"] = [*tags(cell), tag]
    cell.metadata.setdefault("mystnb", {}).update({"code_prompt_show": show, "code_prompt_hide": hide})
    return cell


def without_picture(header: str) -> str:
    """Return the header with a plain link for its badge, whose picture needs a network; none without address."""
    found = BADGE.search(header)
    if not found:
        return header
    link = found[0].rpartition("](")[2].removesuffix(")")
    return header.replace(found[0], "" if PLACEHOLDER in link else f"[Open in Colab]({link})")


def with_true_links(text: str, page: str, pages: set[str], root: Path) -> str:
    """Return Markdown whose links lead to pages, to the web, or to files in the repository on the web.

    While the repository has no address, only the words of a link to its other files stay.

    Parameters
    ----------
    text : Markdown, with links relative to the folder of `page`
    page : path of the page from the root
    pages : paths of all pages from the root

    Raises
    ------
    NotebookError
        If a link leads to a file that does not exist.
    """
    address = repository(root)

    def true_link(found: re.Match) -> str:
        target = found["target"]
        if target is None or _ELSEWHERE.match(target):
            return found[0]
        file = os.path.normpath(os.path.join(os.path.dirname(page), target.partition("#")[0])).replace(os.sep, "/")
        if file in pages:
            return found[0]
        if file.startswith("..") or os.path.isabs(file) or not (root / file).exists():
            raise NotebookError(f"a link of {page} leads to {target}, which does not exist")
        if found["picture"] and file in PICTURES:
            return found[0]
        if found["picture"]:
            raise NotebookError(f"the picture {target} is a file of its own, the site has only those of outputs")
        if PLACEHOLDER in address:
            return found["words"]
        kind = "tree" if (root / file).is_dir() else "blob"
        return f"[{found['words']}]({address}/{kind}/{BRANCH}/{file})"

    return _CODE_OR_LINK.sub(true_link, text)


def build(root: Path) -> Path:
    """Write the site anew and return its folder; where anything fails, the last site stays as it is."""
    if importlib.util.find_spec("sphinx") is None:
        raise NotebookError("Sphinx is not installed in this environment; `make site` makes one and uses it")
    texts = sources(root)
    work = root / "build" / "site-work"
    shutil.rmtree(work, ignore_errors=True)
    for name, text in texts.items():
        write_text(work / "source" / name, text)
    for name in filter(lambda name: (root / name).exists(), PICTURES):
        shutil.copy(root / name, work / "source" / name)
    # Warnings are errors, so a reader meets no broken page; --keep-going names all of them at once.
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
    command += ["-c", str(root / "docs" / "site"), "-d", str(work / "doctrees")]
    if subprocess.run([*command, str(work / "source"), str(work / "html")]).returncode:
        raise NotebookError("the site is not built: mend what the lines above name")
    shutil.rmtree(site(root), ignore_errors=True)
    os.replace(work / "html", site(root))
    return site(root)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Build the site; return the exit status."""
    prog, about = "python -m tools.site.build_site", __doc__.split("\n")[0]
    argparse.ArgumentParser(prog=prog, description=about).parse_args(arguments)
    try:
        folder = build(root)
    except (NotebookError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{folder / 'index.html'}  (a class reads it with: python -m http.server -d {label(folder, root)})")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
