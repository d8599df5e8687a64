"""docs/glossary.md: each term is explained once, and bold in the notebook that introduces it."""

import re

import pytest

from tools.authors.notebooks import ROOT, masters, read

PAGE = ROOT / "docs" / "glossary.md"
ROWS = re.findall(r"^\| (.+?) \| (.+?) \| \[(\d\d)\]\((.+?)\) \|$", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
TEXTS = {
    path.stem[:2]: "\n".join(cell.source for cell in read(path).cells if cell.cell_type == "markdown")
    for path in masters(ROOT)
}


def test_the_glossary_is_sorted_and_names_each_term_once():
    terms = [term.lower() for term, *_ in ROWS]
    assert len(terms) > 20 and terms == sorted(set(terms))


@pytest.mark.parametrize(("term", "number", "link"), [(term, number, link) for term, _, number, link in ROWS])
def test_a_term_is_bold_in_its_notebook(term, number, link):
    assert (PAGE.parent / link).exists() and f"/{number}_" in link
    bold = " ".join(re.findall(r"\*\*(.+?)\*\*", TEXTS[number], re.DOTALL)).lower()
    named = re.sub(r"\s*\(.*\)", "", term).lower()
    assert named in bold or named.rstrip("s") in bold, f"{term} is not bold in {link}"
