"""Compare a saved and a fresh picture of a figure: coarsely, but patch by patch.

Both pictures are blurred and shrunk to half their size. The distance of a patch of 10 x 10 pixels is
the mean difference of its colours, from 0 (equal) to 1 (black against white), in the worst colour
channel and at the best of all small shifts. The distance of two figures is that of their worst patch.

A mean over a whole figure would not see a missing axis label: it is less than one pixel in a hundred.
The shifts forgive what moves a little: another font hinting, a margin one pixel wider, or, with a
larger `may_move`, a curve that was trained anew.
"""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageChops, ImageFilter

# Measured: other hinting, antialiasing or last digits stay below 0.10; the smallest missing label has 0.17.
ALLOWED = 0.13
_SIZE_MAY_DIFFER = 0.02


@dataclass(frozen=True)
class Difference:
    """How far two figures are apart, and the pixel of the saved one around which they differ most."""

    distance: float
    x: int
    y: int


def decode(png: str) -> Image.Image:
    """Return the picture in a base64 text, as RGB on white.

    Raises
    ------
    OSError, ValueError
        If the text holds no picture.
    """
    picture = Image.open(io.BytesIO(base64.b64decode(png))).convert("RGBA")
    page = Image.new("RGBA", picture.size, "white")
    page.alpha_composite(picture)
    return page.convert("RGB")


def same_size(saved: Image.Image, fresh: Image.Image) -> bool:
    """Return whether width and height agree but for 2 % or 2 pixels: a tight margin follows its labels."""
    return all(abs(a - b) <= max(2, _SIZE_MAY_DIFFER * a) for a, b in zip(saved.size, fresh.size, strict=True))


def compare(saved: Image.Image, fresh: Image.Image, may_move: float = 0.0) -> Difference:
    """Measure how far two figures are apart.

    Parameters
    ----------
    saved, fresh : Image
        RGB pictures of nearly the same size.
    may_move : float
        How far a part may move without being seen, as a share of the figure's shorter side.
        Two pixels are always free.
    """
    if fresh.size != saved.size:
        fresh = fresh.resize(saved.size, Image.Resampling.BILINEAR)
    left, right = _coarse(saved), _coarse(fresh)
    best = None
    for dx, dy in _shifts(max(1, round(may_move * min(saved.size) / 2))):
        moved = ImageChops.difference(left, ImageChops.offset(right, dx, dy)).filter(ImageFilter.BoxBlur(2))
        best = moved if best is None else ImageChops.darker(best, moved)
        if _largest(best) <= ALLOWED:
            break
    worst = np.asarray(best).max(axis=2)
    y, x = np.unravel_index(worst.argmax(), worst.shape)
    return Difference(_largest(best), 2 * int(x), 2 * int(y))


def place(difference: Difference, size: tuple[int, int]) -> str:
    """Say where two figures differ most: `top right, around pixel (700, 40) of 800 x 400`."""
    across = ("left", "centre", "right")[min(2, 3 * difference.x // size[0])]
    down = ("top", "middle", "bottom")[min(2, 3 * difference.y // size[1])]
    return f"{down} {across}, around pixel ({difference.x}, {difference.y}) of {size[0]} x {size[1]}"


def _coarse(picture: Image.Image) -> Image.Image:
    return picture.reduce(2).filter(ImageFilter.GaussianBlur(1))


def _shifts(radius: int) -> list[tuple[int, int]]:
    """Return the shifts up to `radius`, short ones first: mostly the first few are enough."""
    steps = range(-radius, radius + 1)
    return sorted(((dx, dy) for dx in steps for dy in steps), key=lambda shift: max(map(abs, shift)))


def _largest(picture: Image.Image) -> float:
    return max(high for _, high in picture.getextrema()) / 255
