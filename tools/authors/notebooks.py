"""What the tools share: where notebooks lie, how they are read and written, the texts made from the address.

A notebook has two editions: the master in notebooks/solutions, which authors edit and run, and the
student edition in notebooks, which `tools.authors.make_student` writes from it.
"""

from __future__ import annotations

import ast
import json
import os
import re
from pathlib import Path

import nbformat
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[2]
# What tells NumPy and TensorFlow how many threads to start.
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
BRANCH = "main"
PLACEHOLDER = "YOUR_ORG"
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}

BADGE = re.compile(r"\[!\[Open in Colab\]\([^)]*\)\]\([^)]*\)")
ADDRESS = re.compile(r'^Repository\s*=\s*"(https://github\.com/[^"]+)"', re.MULTILINE)
_MAGIC = re.compile(r"^(\s*)[%!].*$", re.MULTILINE)

_INSTALL = """\
# @title Get the course's helpers: run this cell first
try:
    import dlhelpers
except ModuleNotFoundError:  # in Colab: install the course's helpers once
    %pip install -q git+{address}
    import dlhelpers"""

_INSTALL_WITHOUT_ADDRESS = """\
# @title Get the course's helpers: run this cell first
try:
    import dlhelpers
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "The helpers of this course are missing. Students: ask your teacher, or "
        "install them as README.md says. Owner of the course: "
        "make set-repo URL=https://github.com/you/your-repo, then commit and push."
    ) from None"""


class NotebookError(Exception):
    """Something that an author has to mend; `cell` is its position, counted from 0, where there is one."""

    def __init__(self, message: str, cell: int | None = None):
        super().__init__(message)
        self.cell = cell


def masters(root: Path) -> list[Path]:
    """Return the solved notebooks that authors edit, in order."""
    return sorted((root / "notebooks" / "solutions").glob("*.ipynb"))


def students(root: Path) -> list[Path]:
    """Return the notebooks that students open, in order."""
    return sorted((root / "notebooks").glob("*.ipynb"))


def label(path: Path, root: Path) -> str:
    """Return the path as messages and links write it: from the root, with forward slashes."""
    return path.relative_to(root).as_posix()


def read(path: Path) -> NotebookNode:
    """Read a notebook; raise NotebookError where the file is none or has no proper cell ids."""
    text = path.read_text(encoding="utf-8")
    try:
        raw = json.loads(text)
        version = (raw["nbformat"], raw["nbformat_minor"])
        ids = [cell.get("id") for cell in raw["cells"]]
    except (ValueError, KeyError, TypeError, AttributeError):
        raise NotebookError("not a notebook, save it again from JupyterLab") from None
    if version[0] != 4 or version[1] < 5:
        raise NotebookError("older than notebook format 4.5, save it again from JupyterLab")
    if None in ids or len(set(ids)) < len(ids):
        raise NotebookError("a cell id is missing or used twice, save it again from JupyterLab")
    return nbformat.v4.reads(text)


def to_text(notebook: NotebookNode) -> str:
    """Return the bytes' one form: the same notebook always gives the same file."""
    return nbformat.v4.writes(notebook) + "\n"


def write_text(path: Path, text: str) -> bool:
    """Write the file whole or not at all; return whether it changed."""
    if path.exists() and path.read_bytes() == text.encode():
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(text.encode())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    return True


def tags(cell: NotebookNode) -> list[str]:
    """Return the tags of a cell."""
    return cell.metadata.get("tags", [])


def is_claims(cell: NotebookNode) -> bool:
    """Return whether a cell holds the assertions of the section before it."""
    return "claims" in tags(cell)


def _metadata(cell: NotebookNode) -> dict:
    """Return what is kept of a cell's metadata: its tags; scaffolding starts collapsed (in Colab as a form)."""
    metadata = {"tags": tags(cell)} if tags(cell) else {}
    if "install" in tags(cell):
        metadata |= {"cellView": "form"}
    if "install" in tags(cell) or is_claims(cell):
        metadata |= {"jupyter": {"source_hidden": True}}
    return metadata


def renewed(notebook: NotebookNode, path: Path, root: Path, address: str | None = None) -> NotebookNode:
    """Return a copy with metadata, badge and install cell as they should be; outputs stay untouched.

    Without `address` they are made from the one in pyproject.toml.
    """
    notebook = nbformat.from_dict(notebook)
    address = address or repository(root)
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat_minor = 5
    for cell in notebook.cells:
        cell.metadata = nbformat.from_dict(_metadata(cell))
        if cell.cell_type == "code" and "install" in tags(cell):
            cell.source = install_cell(address)
    if notebook.cells:
        header = notebook.cells[0]
        header.source = BADGE.sub(badge(address, label(path, root)), header.source, count=1)
    return notebook


def repository(root: Path) -> str:
    """Return the address of the repository; pyproject.toml is its only home."""
    # A pattern, since tomllib exists only from Python 3.11 on.
    found = ADDRESS.search((root / "pyproject.toml").read_text(encoding="utf-8"))
    if not found:
        raise NotebookError('pyproject.toml has no line Repository = "https://github.com/..."')
    return found[1]


def badge(address: str, path: str) -> str:
    """Return the Markdown of the Colab badge of the notebook at `path`, seen from the root."""
    slug = address.removeprefix("https://github.com/")
    link = f"https://colab.research.google.com/github/{slug}/blob/{BRANCH}/{path}"
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({link})"


def install_cell(address: str) -> str:
    """Return the source of the install cell; without a real address it only says what to do."""
    if PLACEHOLDER in address:
        return _INSTALL_WITHOUT_ADDRESS
    return _INSTALL.format(address=address)


def parse(source: str) -> ast.Module:
    """Parse a code cell; line numbers stay true where lines are IPython magics."""
    try:
        return ast.parse(source)
    except SyntaxError:
        return ast.parse(_MAGIC.sub(r"\1pass", source))
