"""Whether two texts say the same, but for the noise of numbers.

Words and whole numbers are exact. So are versions (2.21.0), numbers with a leading zero (01.2), and what follows
"exercise", "section", "version" or "python".
Decimals (0.82, 1.2e-05, 1,234.5) may differ by 1e-4 of the larger one, or by one unit of the last printed digit if
they have two digits or more: 0.82 and 0.83 agree, 0.1 and 0.2 do not. "12." is a whole number.
How many spaces stand between words is free, since columns follow their numbers; beside a number, and for line breaks
between two numbers, even whether there are any.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from decimal import Decimal

TOLERANCE = Decimal("1e-4")

_NUMBER = re.compile(
    r"""(
    (?: (?<![\w.)\]]) [-+−] | (?<![\w.\#]) )             # a sign, but no minus between two terms
    (?: \d+(?:\.\d+){2,} | 0\d+\.\d+                     # 2.21.0 or 01.2
      | (?:nan|inf)(?!\w)
      | (?: \d{1,3}(?:,\d{3})+(?!\d) | \d+ )? \.\d+ (?:e[-+]?\d+)?
      | \d+\.?e[-+]?\d+(?!\w)
      | (?: \d{1,3}(?:,\d{3})+(?!\d) | \d+ ) (?:\.(?!\w))?
    ))""",
    re.VERBOSE | re.IGNORECASE,
)
_DECIMAL = re.compile(r"[-+]?(?:[1-9]\d*|0)?(?:\.(\d*))?(?:e([-+]?\d+))?", re.IGNORECASE)
_LABEL = re.compile(r"\b(exercise|section|version|python)\s*\Z", re.IGNORECASE)


@dataclass(frozen=True)
class Printed:
    """A decimal as it stands in a text: its value, what its last digit counts, `12.` or not."""

    value: Decimal
    unit: Decimal
    whole: bool


def printed(text: str) -> Printed | None:
    """Return the decimal that a text shows; None for whole numbers, versions, nan and inf."""
    text = text.replace(",", "").replace("−", "-")
    found = _DECIMAL.fullmatch(text)
    if not found or found.group(1) is found.group(2) is None:
        return None
    places, exponent = len(found.group(1) or ""), int(found.group(2) or 0)
    return Printed(Decimal(text), Decimal(1).scaleb(exponent - places), places == 0 and not found.group(2))


def allowed(a: Printed, b: Printed, tolerance: Decimal | None) -> Decimal:
    """Return how far two decimals may be apart; `tolerance` is the tag's, if there is one."""
    size, unit = max(abs(a.value), abs(b.value)), min(a.unit, b.unit)
    if a.whole and b.whole:
        return Decimal(0)
    # A single digit carries no rounding noise worth the name: 0.1 is not 0.2.
    noise = unit if tolerance is not None or size >= 10 * unit else Decimal(0)
    return max((TOLERANCE if tolerance is None else tolerance) * size, noise)


def number_problem(saved: str, fresh: str, tolerance: Decimal | None, exact: bool = False) -> str | None:
    """Say how two numbers differ; None if they agree."""
    if saved == fresh:
        return None
    a, b = printed(saved), printed(fresh)
    if a is None or b is None or exact:
        return f"{saved} -> {fresh}, must be equal"
    difference, limit = abs(a.value - b.value), allowed(a, b, tolerance)
    if difference <= limit:
        return None
    return f"{saved} -> {fresh}, differs by {difference}, allowed {float(limit):.2g}"


def text_problem(saved: str, fresh: str, tolerance: Decimal | None = None) -> str | None:
    """Say how two texts differ, but for rounding and spacing; None if they agree."""
    if saved == fresh:
        return None
    left, right = _NUMBER.split(saved), _NUMBER.split(fresh)
    if _words(left) != _words(right):
        lines = difflib.unified_diff(saved.splitlines(), fresh.splitlines(), "saved", "fresh", n=1, lineterm="")
        return at_most(list(lines), 40)
    problems = []
    for i in range(1, len(left), 2):
        label = _LABEL.search(left[i - 1]) is not None
        problem = number_problem(left[i], right[i], tolerance, exact=label)
        if problem:
            problems.append(f"saved: {_line(left, i)}\nfresh: {_line(right, i)}\n       {problem}")
    return at_most(problems, 5) if problems else None


def _words(pieces: list[str]) -> list[str]:
    """Return what stands between the numbers, with the spacing that a number's width can change taken out."""
    words = [re.sub(r" ?\n", "\n", re.sub(r"[ \t]+", " ", piece)) for piece in pieces[::2]]
    if len(words) == 1:
        return words
    inner = [word.strip(" ") if word.strip() else "" for word in words[1:-1]]
    return [words[0].rstrip(" "), *inner, words[-1].lstrip(" ")]


def _line(pieces: list[str], i: int) -> str:
    """Return the line of the text in which piece `i` stands."""
    before, after = "".join(pieces[:i]), "".join(pieces[i:])
    return (before.rpartition("\n")[2] + after.partition("\n")[0]).strip()[:300]


def at_most(parts: list[str], most: int) -> str:
    """Return the parts as lines, the first ones and how many more there are."""
    rest = [f"... and {len(parts) - most} more"] if len(parts) > most else []
    return "\n".join(parts[:most] + rest)
