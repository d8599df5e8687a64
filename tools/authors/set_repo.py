"""Set the address of the repository: pyproject.toml, badges, install cells, README and docs."""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from tools.authors.make_student import describe
from tools.authors.notebooks import (
    ADDRESS,
    ROOT,
    NotebookError,
    label,
    masters,
    read,
    renewed,
    repository,
    students,
    to_text,
    write_text,
)

_URL = re.compile(r"(https://github\.com/[A-Za-z0-9][\w-]*/[\w.-]+?)(?:\.git)?/?", re.ASCII)


def clean_url(url: str) -> str:
    """Return the address without `.git` or a last slash; raise ValueError if it is none of GitHub."""
    found = _URL.fullmatch(url.strip())
    if not found:
        raise ValueError(f"{url!r} is no address of a repository, write https://github.com/you/your-repo")
    return found[1]


def set_address(url: str, root: Path) -> list[Path]:
    """Put the address everywhere; return the files that changed. Saved outputs stay as they are."""
    address, pyproject = clean_url(url), root / "pyproject.toml"
    texts: dict[Path, str] = {}
    for path in masters(root) + students(root):
        try:
            texts[path] = to_text(renewed(read(path), path, root, address))
        except NotebookError as error:
            raise NotebookError(describe(error, path, root)) from None
    old = repository(root)
    for path in [root / "README.md", *sorted((root / "docs").glob("*.md"))]:
        if path.exists():
            texts[path] = with_address(path.read_text(encoding="utf-8"), old, address)
    # The old address is read from pyproject.toml, so it changes last: a run that broke off can be repeated.
    line = f'Repository = "{address}"'
    texts[pyproject] = ADDRESS.sub(lambda found: line, pyproject.read_text(encoding="utf-8"))
    return [path for path, text in texts.items() if write_text(path, text)]


def with_address(text: str, old: str, new: str) -> str:
    """Return the text with the new address, also where links of Colab and others hold only its end."""
    old, new = (address.removeprefix("https://github.com/") for address in (old, new))
    return re.sub(rf"(\bgithub(?:\.com)?[/:]){re.escape(old)}(?![\w-])", lambda found: found[1] + new, text)


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Set the address that the command line gives; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.authors.set_repo", description=__doc__)
    parser.add_argument("url", nargs="?", default="", metavar="URL", help="https://github.com/you/your-repo")
    try:
        changed = set_address(parser.parse_args(arguments).url, root)
    except (ValueError, NotebookError) as error:
        print(error, file=sys.stderr)
        return 1
    for path in changed:
        print("wrote", label(path, root))
    print(f"The address is {repository(root)}. Commit and push, then badges and install cells work.")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
