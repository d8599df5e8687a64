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
# Bold earlier in another sense, or in passing.
OTHER_SENSES = {"attention", "bias", "mixture", "oracle", "saturate", "score", "value", "weights"}


def bold_in(number):
    return [text.lower().strip(" .:,") for text in re.findall(r"\*\*(.+?)\*\*", TEXTS[number], re.DOTALL)]


def plain(term):
    return re.sub(r"\s*\(.*\)", "", term).lower()


def test_the_glossary_is_sorted_and_names_each_term_once():
    terms = [term.lower() for term, *_ in ROWS]
    assert len(terms) > 20 and terms == sorted(set(terms))


@pytest.mark.parametrize(("term", "number", "link"), [(term, number, link) for term, _, number, link in ROWS])
def test_a_term_is_bold_in_its_notebook(term, number, link):
    assert (PAGE.parent / link).exists() and f"/{number}_" in link
    bold = " ".join(bold_in(number))
    assert plain(term) in bold or plain(term).rstrip("s") in bold, f"{term} is not bold in {link}"


@pytest.mark.parametrize(("term", "number"), [(term, number) for term, _, number, _ in ROWS if number < "90"])
def test_no_earlier_notebook_introduces_a_term(term, number):
    if term in OTHER_SENSES or re.search(r"\([a-z]", term):  # "mixture (of models)" is one of several
        pytest.skip("another sense of the word is bold earlier")
    forms = {plain(term), plain(term) + "s", plain(term).rstrip("s")}
    earlier = [other for other in sorted(TEXTS) if other < number and forms.intersection(bold_in(other))]
    assert not earlier, f"{term} is bold in {earlier[0]} already"
