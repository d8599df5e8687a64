"""Put figures that the solved notebooks have saved on one picture for the README: docs/contact_sheet.webp."""

from __future__ import annotations

import base64
import io
import sys
from pathlib import Path

from nbformat import NotebookNode
from PIL import Image, ImageDraw, ImageFont, ImageOps

from tools.authors.notebooks import ROOT, NotebookError, masters, read

TARGET = ROOT / "docs" / "contact_sheet.webp"
COLUMNS, WIDTH, HEIGHT, CAPTION, GAP = 3, 520, 290, 40, 24  # pixels
# Notebook, id of the cell that drew the figure, what to see in it.
FIGURES = [
    ("01", "hidden-eight", "01  a network by hand"),
    ("02", "boundaries", "02  one neuron, and eight hidden units"),
    ("08", "photo", "08  kernels on a photograph"),
    ("09", "maps", "09  what a CNN sees in digits"),
    ("13", "wave-figure", "13  a wave forecast from its past"),
    ("15", "more-figure", "15  more text, better models"),
    ("17", "fish-figure", "17  regression that knows its spread"),
    ("18", "percentiles", "18  counts, observed and predicted"),
    ("21", "field", "21  denoising points back to a spiral"),
    ("22", "map", "22  a map of digits"),
    ("23", "ring-figure", "23  mode collapse, and its cure"),
    ("23", "dcgan-epochs", "23  a GAN learns to write"),
]


def figure(notebook: NotebookNode, cell_id: str) -> Image.Image:
    """Return the last saved figure of a cell, on white.

    Raises
    ------
    NotebookError
        If the notebook has no such cell, or no figure is saved in it.
    """
    cell = next((cell for cell in notebook.cells if cell.id == cell_id), None)
    images = [o.data["image/png"] for o in (cell or {}).get("outputs", []) if "image/png" in o.get("data", {})]
    if not images:
        raise NotebookError(f"no cell {cell_id!r} with a saved figure, mend FIGURES in tools/site/contact_sheet.py")
    drawn = Image.open(io.BytesIO(base64.b64decode(images[-1]))).convert("RGBA")
    return Image.alpha_composite(Image.new("RGBA", drawn.size, "white"), drawn).convert("RGB")


def sheet(pictures: list[tuple[Image.Image, str]]) -> Image.Image:
    """Return the captioned pictures in rows of COLUMNS."""
    rows = -(-len(pictures) // COLUMNS)
    size = (COLUMNS * (WIDTH + GAP) + GAP, rows * (HEIGHT + CAPTION + GAP) + GAP)
    page, font = Image.new("RGB", size, "white"), ImageFont.load_default(24)
    pen = ImageDraw.Draw(page)
    for number, (picture, caption) in enumerate(pictures):
        left = GAP + number % COLUMNS * (WIDTH + GAP)
        top = GAP + number // COLUMNS * (HEIGHT + CAPTION + GAP)
        pen.text((left, top), caption, fill="#333333", font=font)
        page.paste(ImageOps.pad(picture, (WIDTH, HEIGHT), Image.Resampling.LANCZOS, "white"), (left, top + CAPTION))
    return page


def pictures(root: Path = ROOT) -> list[tuple[Image.Image, str]]:
    """Return the chosen figures with their captions."""
    notebooks = {path.stem[:2]: read(path) for path in masters(root)}
    return [(figure(notebooks[number], cell), caption) for number, cell, caption in FIGURES]


def main() -> int:
    """Write the picture; return the exit status."""
    try:
        page = sheet(pictures())
    except NotebookError as error:
        print(error, file=sys.stderr)
        return 1
    page.save(TARGET, quality=85, method=6)
    print(f"{TARGET.relative_to(ROOT)}  {page.width} x {page.height}, {TARGET.stat().st_size / 1000:.0f} kB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
