"""Whether two pictures of a figure look alike from afar: not blank, no panel missing or in another place.

What the figure shows is compared by figures.py. This sees what that cannot: that it was drawn at all. Both pictures
are shrunk to 64 pixels of ink; fonts, hinting and layout then move little, panels much.
"""

from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image, ImageFilter

WIDTH = 64
ALIKE = 0.6  # the least correlation of the ink
SIZE_MAY_DIFFER = 0.08  # of width and height: a tight margin follows its labels


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


def problem(saved: Image.Image, fresh: Image.Image) -> str | None:
    """Say how two pictures differ; None if they look alike."""
    if any(abs(a - b) > SIZE_MAY_DIFFER * a for a, b in zip(saved.size, fresh.size, strict=True)):
        return "size {} x {} -> {} x {}".format(*saved.size, *fresh.size)
    size = (WIDTH, max(8, round(WIDTH * saved.height / saved.width)))
    alike = _correlation(_ink(saved, size), _ink(fresh, size))
    return None if alike >= ALIKE else f"alike to {alike:.2f} from afar, at least {ALIKE} is needed"


def _ink(picture: Image.Image, size: tuple[int, int]) -> np.ndarray:
    """Return how far each patch is from white, (rows, columns, 3)."""
    small = picture.resize(size, Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(1))
    return 1 - np.asarray(small, float) / 255


def _correlation(left: np.ndarray, right: np.ndarray) -> float:
    """Return the best correlation at any shift by one patch."""
    if left.std() < 1e-6 or right.std() < 1e-6:
        return float(left.std() < 1e-6 and right.std() < 1e-6)
    shifted = [np.roll(right, (down, across), (0, 1)) for down in (-1, 0, 1) for across in (-1, 0, 1)]
    return max(float(np.corrcoef(left.ravel(), moved.ravel())[0, 1]) for moved in shifted)
