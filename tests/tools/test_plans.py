"""The lesson plans fit the notebooks, and a printed day is complete."""

import re

import pytest

from tools.authors.notebooks import ROOT, NotebookError, masters
from tools.teaching.plans import PAGE, cards, courses, sheets

TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
NUMBERS = {path.name[:2] for path in masters(ROOT)}
SHEET = 470  # words that fit on a sheet of A4, seen in print


def test_there_is_a_card_for_each_notebook():
    assert set(cards(TEXT)) == NUMBERS


def test_both_courses_have_all_their_days():
    eight, thirteen = courses(TEXT).values()
    assert [day.title.partition(":")[0] for day in eight] == [f"Day {k}" for k in range(1, 9)]
    assert [day.title.partition(":")[0] for day in thirteen] == [f"Lecture {k}" for k in range(1, 14)]


def test_each_notebook_is_met_in_each_course_in_class_or_at_home():
    for name, days in courses(TEXT).items():
        met = {unit for day in days for unit in day.units}
        parts = " ".join(text for day in days for text in day.parts.values())
        met |= set(re.findall(r"\b\d\d\b(?!\.\d)", parts))
        missing = NUMBERS - met
        assert not missing, f"{name}: {sorted(missing)}"


def test_exercises_that_are_homework_exist():
    exercises = "".join(path.read_text(encoding="utf-8") for path in masters(ROOT))
    for found in re.findall(r"exercise (\d\d\.\d)", TEXT):
        assert f"# Exercise {found}:" in exercises, found


def test_sections_that_are_named_exist():
    titles = {path.name[:2]: set(re.findall(r"## (\d+) ", path.read_text(encoding="utf-8"))) for path in masters(ROOT)}
    for number, sections in re.findall(r"\b(\d\d), sections? ([\d, to]*\d)", TEXT):
        assert set(re.findall(r"\d+", sections)) <= titles[number], (number, sections)


def test_a_day_fits_on_one_sheet():
    for name, text in sheets(TEXT, ROOT).items():
        for sheet in text.split("<section>")[1:]:
            words = len(re.sub(r"<[^>]*>", " ", sheet).split())
            assert words <= SHEET, f"{name}: {words} words for {re.search('<h1>(.*?)</h1>', sheet)[1]}"


def test_a_sheet_has_units_cards_and_homework():
    first = sheets(TEXT, ROOT)["eight_days.html"].split("<section>")[1]
    for words in ("Day 1: Jump start", "A simple forward pass", "sections 1 to 6", "runs about 10 s", "Homework"):
        assert words in first
    assert "the brackets are missing" in first and "](" not in first
    assert re.search(r"[A-Za-z ]{10,}", cards(TEXT)["01"]["Answer"])[0] in first


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- **Skip.** Nothing.", "", "needs Units, Homework, Skip"),
        ("### 05\n\n**Quiz.**", "### 05\n\n**Question.**", "'05' needs Quiz"),
        ("### 05\n", "### 95\n", "05 has no card"),
        ("[05](", "[95](", "95 has no notebook"),
    ],
)
def test_what_is_missing_is_named(old, new, message):
    with pytest.raises(NotebookError, match=message):
        sheets(TEXT.replace(old, new), ROOT)
