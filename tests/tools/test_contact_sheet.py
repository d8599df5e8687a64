"""The README's picture is made of figures that the notebooks hold."""

from __future__ import annotations

import nbformat
import pytest
from PIL import Image

from tools.authors.notebooks import ROOT, NotebookError
from tools.site import contact_sheet


def test_every_chosen_figure_is_saved_in_its_notebook():
    shown = contact_sheet.pictures()
    assert len(shown) == len(contact_sheet.FIGURES)
    assert all(caption.startswith(number) for (number, _, caption) in contact_sheet.FIGURES)
    assert all(len(picture.getcolors(1_000_000)) > 50 for picture, _ in shown)  # none is blank


def test_the_readme_shows_the_sheet():
    assert f"docs/{contact_sheet.TARGET.name}" in (ROOT / "README.md").read_text()
    with Image.open(contact_sheet.TARGET) as saved:
        assert saved.size == contact_sheet.sheet([]).size[:1] + saved.size[1:] and saved.height > 1000


def test_a_missing_figure_is_one_clear_error():
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", id="a")])
    for cell in ("a", "b"):
        with pytest.raises(NotebookError, match=f"no cell '{cell}' with a saved figure"):
            contact_sheet.figure(notebook, cell)
