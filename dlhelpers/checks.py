"""Checks of arguments, shared by the other modules: what does not fit is one error that names the argument."""

from __future__ import annotations

import reprlib
from collections.abc import Mapping, Set
from numbers import Integral, Real
from typing import Any

import numpy as np


def said(*values: Any) -> str:
    """Return `values` as they stand in a message: short, and in one line.

    Examples
    --------
    >>> checks.said([1, 2], "three")
    "[1, 2], 'three'"
    """
    return " ".join(", ".join(reprlib.repr(value) for value in values).split())


def numbers(values: Any, name: str, finite: bool = True) -> np.ndarray:
    """Return the values as an array of float; refuse what would lose its meaning as a number.

    Parameters
    ----------
    values : array or number
    name : str
        The argument's name, for the message.
    finite : bool
        Whether NaN and infinity are refused, too.

    Raises
    ------
    ValueError
        If the values are text, dates, complex, masked or ragged, or not finite.

    Examples
    --------
    >>> checks.numbers([1, 2], "x").tolist()
    [1.0, 2.0]
    >>> checks.numbers([1, None], "x")
    Traceback (most recent call last):
    ValueError: x has 1 values that are NaN or infinite: drop or mend them
    """
    try:
        array = np.asarray(values)
        text = array.dtype.kind == "O" and any(isinstance(value, (str, bytes)) for value in array.flat)
        if text or array.dtype.kind in "cmMSU" or np.ma.is_masked(values):
            raise TypeError
        array = array.astype(float)
    except (TypeError, ValueError):
        raise ValueError(f"{name} must be a regular array of numbers, not {said(values)}") from None
    if finite and not np.isfinite(array).all():
        raise ValueError(f"{name} has {np.sum(~np.isfinite(array))} values that are NaN or infinite: drop or mend them")
    return array


def number(value: Any, name: str) -> float:
    """Return `value` as one finite float, or raise a ValueError that names the argument `name`.

    Examples
    --------
    >>> checks.number([3], "observed")
    3.0
    """
    array = numbers(value, name)
    if array.size != 1:
        raise ValueError(f"{name} must be one number, not {said(value)}")
    return array.item()


def row(
    values: Any, name: str, n: int | None = None, other: str = "", *, least: int = 1, most: float = np.inf
) -> np.ndarray:
    """Return finite numbers of shape (n,) or (n, 1) as a row of shape (n,).

    Parameters
    ----------
    values : array, shape (n,) or (n, 1)
    name : str
        The argument's name, for the message.
    n : int, optional
        How many values there must be, as many as in the argument `other`.
    least, most : int
        The fewest and the most values that can be drawn.

    Raises
    ------
    ValueError
        If the values are no finite numbers, or their shape or number is another one.

    Examples
    --------
    >>> checks.row([[1], [2]], "mean", 2, "x").tolist()
    [1.0, 2.0]
    """
    flat = numbers(values, name)
    if flat.shape not in ((flat.size,), (flat.size, 1)) or flat.size < least:
        raise ValueError(f"{name} must have shape (n,) with n >= {least}, not {flat.shape}")
    if flat.size > most:
        raise ValueError(f"{name} has {flat.size} values, too many for a filled curve: take at most {most}")
    if n is not None and flat.size != n:
        raise ValueError(f"{name} must have as many values as {other}, {n}, not {flat.size}")
    return flat.ravel()


def whole_numbers(values: Any, name: str, n: int | None = None, other: str = "") -> np.ndarray:
    """Return `values` as a row of integers; what is not whole is a ValueError that names the argument `name`.

    `n` and `other` are those of `row`.

    Examples
    --------
    >>> checks.whole_numbers([0.0, 1.0], "y").tolist()
    [0, 1]
    """
    flat = row(values, name, n, other)
    if (flat != np.round(flat)).any():
        raise ValueError(f"{name} must hold whole numbers, not {said(*flat[flat != np.round(flat)][:3])}")
    return flat.astype(int)


def whole(value: Any, name: str, low: int, high: float = np.inf) -> None:
    """Raise a ValueError for the argument `name` unless its `value` is a whole number from `low` to `high`.

    Examples
    --------
    >>> checks.whole(2.5, "columns", 1)
    Traceback (most recent call last):
    ValueError: columns must be a whole number of at least 1, not 2.5
    """
    if isinstance(value, bool) or not isinstance(value, Integral) or not low <= value <= high:
        upwards = f"from {low} to {high}" if high < np.inf else f"of at least {low}"
        raise ValueError(f"{name} must be a whole number {upwards}, not {said(value)}")


def positive(value: Any, name: str, most: float = np.inf) -> None:
    """Raise a ValueError for the argument `name` unless its `value` is a positive number up to `most`.

    Examples
    --------
    >>> checks.positive(-1, "widths")
    Traceback (most recent call last):
    ValueError: widths must be a positive number, not -1
    """
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 < value <= most:
        limit = f" up to {most:g}" if most < np.inf else ""
        raise ValueError(f"{name} must be a positive number{limit}, not {said(value)}")


def texts(values: Any, name: str, n: int | None = None, least: int = 0) -> list[Any] | None:
    """Return `values` as a list; None stays None.

    It is a ValueError that names the argument `name` if they are no list of `n`, or `least`, entries.

    Examples
    --------
    >>> checks.texts(("genuine", "forged"), "labels", least=2)
    ['genuine', 'forged']
    >>> checks.texts("genuine", "labels")
    Traceback (most recent call last):
    ValueError: labels must be a list, not 'genuine'
    """
    if values is None:
        return None
    if isinstance(values, (str, bytes, Mapping, Set)) or not hasattr(values, "__iter__"):
        raise ValueError(f"{name} must be a list, not {said(values)}")
    entries = list(values)
    if len(entries) < least or n not in (None, len(entries)):
        raise ValueError(f"{name} must have {least if n is None else n} entries, not {len(entries)}")
    return entries
