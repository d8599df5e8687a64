"""Write a solved notebook as slides for the classroom: build/slides/NN_name.html, one file that needs no network.

What becomes a slide follows from the notebook, nothing is marked by hand: the title with its goals; in each section of
the core the guess, then each figure, table or short print-out with the sentence that reads it, a displayed formula,
a short piece of code that defines a function or a model, the exercise; at last what to take away. The text of
the notebook is in the speaker's notes (press S). Sections beyond the core come with --all.
"""

from __future__ import annotations

import argparse
import ast
import html
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from nbconvert.filters import markdown2html
from nbformat import NotebookNode

from tests.comparison import switches
from tools.authors.make_student import solution_regions
from tools.authors.notebooks import ROOT, NotebookError, is_claims, masters, parse, read, tags, write_text
from tools.site.alt_text import alt_text

PRINTED, CODE, LONG = 14, 14, 330  # lines of print-out, lines of code, characters that still go in large letters
_SENTENCE = re.compile(r"(?<=[.?!])[*)]*\s+(?=[A-Z*(`$“\"])")
_LINK = re.compile(r"(?<!!)\[((?:`[^`]*`|[^\]`])*)\]\([^)]*\)")
_EXERCISE = re.compile(r"\*\*Exercise \d\d\.\d+\.\*\*")


@dataclass
class Slide:
    """One slide: its kind (a CSS class), its content in HTML, and what the speaker may say."""

    kind: str
    content: str
    notes: list[str] = field(default_factory=list)


@dataclass
class Section:
    """A section of a notebook: its title, and its slides below each other."""

    title: str
    slides: list[Slide] = field(default_factory=list)


def sections(notebook: NotebookNode, beyond: bool = False) -> list[Section]:
    """Return what is shown of a notebook.

    Parameters
    ----------
    notebook : the master, with its outputs
    beyond : whether sections with "(more)" in their heading belong to it
    """
    cells = [cell for cell in notebook.cells if not is_claims(cell)]
    found = [_opening(cells[0].source)]
    for number, cell in enumerate(cells[1:], 1):
        following = next((one.source for one in cells[number + 1 :] if one.source.strip()), "")
        if cell.cell_type == "markdown":
            for title, text in _parts(cell.source):
                if title is not None:
                    found.append(Section(title, [Slide("section", _html(f"## {title}"))]))
                if found[-1].title == "What you take away":
                    found[-1].slides = [Slide("text", _html(f"## {found[-1].title}\n\n{text}"))]
                    continue
                found[-1].slides += _texts(text)
                found[-1].slides[-1].notes.append(text)
        elif "install" not in tags(cell) and not cell.source.startswith("dlhelpers.setup("):
            found[-1].slides += _results(cell, "" if following.startswith("#") else following)
    return [one for one in found if beyond or "(more)" not in one.title]


def _opening(header: str) -> Section:
    """The title, the purpose and the goals."""
    title = re.search(r"^# (.+)$", header, re.MULTILINE)[1]
    purpose = re.search(r"^\*([^*].*[^*])\*$", header, re.MULTILINE)
    goals = re.sub(r" \(exercises? [^)]*\)", "", "\n".join(re.findall(r"^- .*$", header, re.MULTILINE)))
    slides = [Slide("title", _html(f"# {title}\n\n{purpose[1] if purpose else ''}"))]
    return Section(title, [*slides, Slide("text", _html(f"## You will be able to\n\n{goals}"))] if goals else slides)


def _parts(source: str) -> Iterator[tuple[str | None, str]]:
    """Cut a text cell at its headings of sections."""
    pieces = re.split(r"^## (.+)$", source, flags=re.MULTILINE)
    if pieces[0].strip():
        yield None, pieces[0].strip()
    for title, text in zip(pieces[1::2], pieces[2::2], strict=True):
        yield title.strip(), text.strip()


def _texts(text: str) -> list[Slide]:
    """A guess, an exercise and a displayed formula are worth a slide; the rest is for the speaker."""
    slides = []
    paragraphs = re.split(r"\n\s*\n", text)
    for number, paragraph in enumerate(paragraphs):
        guess = paragraph.find("**Guess first")
        if guess >= 0:
            answers = [one for one in paragraphs[number + 1 : number + 2] if _is_list(one)]
            before = paragraph[:guess] or (paragraphs[number - 1] if number else "")
            context = [before] if len(before) < LONG and not before.startswith(("**", "#", "- ", "|")) else []
            slides.append(Slide("guess", _html("\n\n".join([*context, paragraph[guess:], *answers]))))
        elif _EXERCISE.search(paragraph):
            slides.append(Slide("exercise", _html(paragraph)))
        elif "$$" in paragraph:
            before = paragraphs[number - 1] if number and not paragraph.split("$$")[0].strip() else ""
            last = _SENTENCE.split(before)[-1] if before and not before.startswith(("**", "#")) else ""
            slides.append(Slide("formula", _html(f"{last}\n\n{paragraph}")))
    return slides


def _is_list(paragraph: str) -> bool:
    return bool(re.match(r"(- |\* |\d\. |[A-D][.)] )", paragraph))


def _results(cell: NotebookNode, following: str) -> list[Slide]:
    """The figure, table or print-out of a cell, with the sentence that reads it; or the code, if that is the point."""
    if solution_regions(cell.source.split("\n")):
        return []
    shown = [part for output in cell.outputs if (part := _output(output))]
    if not shown:
        return [Slide("code", f"<pre><code>{html.escape(cell.source)}</code></pre>")] if _defines(cell.source) else []
    said = _html(_first_sentence(following))
    return [Slide("result", part + (said if part is shown[-1] else "")) for part in shown]


def _output(output: NotebookNode) -> str:
    data = output.get("data", {})
    if "image/png" in data:
        described = data.get(switches.FIGURE)
        words = html.escape(alt_text(described) if described else "Figure", quote=True)
        return f'<img alt="{words}" src="data:image/png;base64,{"".join(data["image/png"].split())}">'
    if "<table" in str(data.get("text/html", "")):
        return re.sub(r"<style.*?</style>", "", data["text/html"], flags=re.DOTALL)
    printed = str(output.get("text", "") or data.get("text/plain", "")).rstrip()
    if printed and not printed.startswith(("<", "[controls of")) and printed.count("\n") < PRINTED:
        return f"<pre>{html.escape(printed)}</pre>"
    return ""


def _defines(source: str) -> bool:
    """Whether the cell is a short definition of a function, a class or a model."""
    statements = parse(source).body
    is_model = any("keras.Sequential(" in ast.unparse(one) or "keras.Model(" in ast.unparse(one) for one in statements)
    is_function = any(isinstance(one, ast.FunctionDef | ast.ClassDef) for one in statements)
    return (is_model or is_function) and source.count("\n") < CODE


def _first_sentence(text: str) -> str:
    """The sentence after a figure that says what is to be seen; of a very short one, the next as well."""
    paragraph = re.split(r"\n\s*\n", text.strip())[0]
    if paragraph.startswith(("**Exercise", "**Guess", "**Explore", "#", "|", "$$", "- ")):
        return ""
    sentences = [one for one in _SENTENCE.split(paragraph) if "**Guess" not in one]
    first = sentences[0] if sentences else ""
    return f"{first} {sentences[1]}" if len(first) < 40 and len(sentences) > 1 else first


def _html(markdown: str) -> str:
    """Markdown as HTML; links are words, since they lead to notebooks."""
    return markdown2html(_LINK.sub(r"\1", markdown).strip()) if markdown.strip() else ""


def page(name: str, shown: list[Section], assets: dict[str, str]) -> str:
    """Return the file of slides.

    Parameters
    ----------
    name : the title of the window
    shown : what `sections` returns
    assets : texts of "reveal.css", "reveal.js", "notes.js" and "mathjax", and of "slides.css"
    """
    stacks = ["".join(_slide(one, part.title) for one in part.slides) for part in shown]
    body = "".join(f"<section>{stack}</section>" for stack in stacks)
    script = {key: assets[key].replace("</script", "<\\/script") for key in ("reveal.js", "notes.js", "mathjax")}
    return f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(name)}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{assets["reveal.css"]}{assets["slides.css"]}</style></head>
<body><div class="reveal"><div class="slides">
{body}
</div></div>
<script>{script["reveal.js"]}</script><script>{script["notes.js"]}</script>
<script>
// Formulas first: Reveal then knows how large each slide is.
const settings = {{width: 1280, height: 720, margin: 0.03, hash: true, transition: "none", slideNumber: "c/t"}};
const start = () => Reveal.initialize({{...settings, plugins: [RevealNotes]}});
window.MathJax = {{tex: {{inlineMath: [["$", "$"]]}}, svg: {{fontCache: "global"}},
  startup: {{pageReady: () => MathJax.startup.defaultPageReady().then(start)}}}};
</script>
<script>{script["mathjax"]}</script>
</body></html>
"""


def _slide(slide: Slide, title: str) -> str:
    words = re.sub(r"<(img|aside|pre|table).*?>", "", slide.content)
    size = " long" if len(words) > LONG else ""
    where = "" if slide.kind in ("title", "section") else f'<p class="where">{html.escape(_plain(title))}</p>'
    said = "".join(map(_html, slide.notes))
    notes = f'<aside class="notes">{said}</aside>' if said else ""
    return f'<section class="{slide.kind}{size}">{where}{slide.content}{notes}</section>'


def _plain(title: str) -> str:
    return title.replace(" (more)", "").replace("`", "").replace("$", "")


def assets(root: Path) -> dict[str, str]:
    """Return the texts of reveal.js and MathJax, from packages that carry them, and of the style sheet."""
    try:
        reveal = Path(find_spec("sphinx_revealjs").origin).parent / "_static" / "revealjs"
        mathjax = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax" / "tex-svg.js"
    except AttributeError:
        raise NotebookError("reveal.js is not installed here; `make slides` makes an environment with it") from None
    files = {"reveal.css": reveal / "dist" / "reveal.css", "reveal.js": reveal / "dist" / "reveal.js"}
    files |= {"notes.js": reveal / "plugin" / "notes" / "notes.js", "mathjax": mathjax}
    files |= {"slides.css": root / "docs" / "site" / "slides.css"}
    return {name: path.read_text(encoding="utf-8") for name, path in files.items()}


def main(arguments: list[str] | None = None, root: Path = ROOT) -> int:
    """Write the slides of one notebook, or of all; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tools.site.slides", description=__doc__.split("\n")[0])
    parser.add_argument("notebook", nargs="?", default="", help="its number, such as 02; without one, all of them")
    parser.add_argument("--all", action="store_true", help="with the sections beyond the core")
    options = parser.parse_args(arguments)
    try:
        found = [path for path in masters(root) if path.name.startswith(options.notebook)]
        if not found:
            numbers = ", ".join(path.name[:2] for path in masters(root))
            raise NotebookError(f"there is no notebook {options.notebook!r}; there are {numbers}")
        texts = assets(root)
        for path in found:
            shown = sections(read(path), options.all)
            target = root / "build" / "slides" / f"{path.stem}.html"
            write_text(target, page(shown[0].title, shown, texts))
            print(f"{target}  ({sum(len(one.slides) for one in shown)} slides)")
    except (NotebookError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
