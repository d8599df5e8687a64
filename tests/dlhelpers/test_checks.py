"""The checks of arguments: what loses no meaning as a number passes, the rest is one line with the argument's name."""

import numpy as np
import pytest

from dlhelpers import checks
from tests.dlhelpers.refusals import WHOLE, refused

NO_NUMBERS = ["abc", {}, {1.0}, object(), [[1.0], [1.0, 2.0]], b"1", print, ["1"], [b"1"], [1, "2"], 1j, [1j, 2]]
NO_NUMBERS += [np.zeros(2, "datetime64[s]"), np.ma.masked_array([1.0, 2.0], [True, False]), np.array(["1"])]
NOT_FINITE = [None, [None], np.nan, [1, np.inf], [-np.inf]]


@pytest.mark.parametrize("bad", [*NO_NUMBERS, *NOT_FINITE], ids=lambda bad: type(bad).__name__)
@pytest.mark.parametrize("check", [checks.numbers, checks.number, checks.row, checks.whole_numbers])
def test_what_is_no_finite_number_is_refused(check, bad):
    refused(lambda: check(bad, "sd"), "sd must be a regular array of numbers", "sd has 1 values that are NaN")


def test_nan_may_be_asked_for():
    assert np.isnan(checks.numbers([np.nan, 1], "sd", finite=False)).tolist() == [True, False]


def test_shapes_and_sizes_are_named():
    refused(lambda: checks.number([1, 2], "sd"), "sd must be one number, not [1, 2]")
    refused(lambda: checks.row([[1, 2]], "sd"), "sd must have shape (n,) with n >= 1, not (1, 2)")
    refused(lambda: checks.row([1], "sd", least=2), "sd must have shape (n,) with n >= 2, not (1,)")
    refused(lambda: checks.row([1, 2, 3], "sd", most=2), "sd has 3 values, too many for a filled curve")
    refused(lambda: checks.row([1, 2], "sd", 3, "x"), "sd must have as many values as x, 3, not 2")
    refused(lambda: checks.whole_numbers([0, 0.5], "y"), "y must hold whole numbers, not")


def test_single_values_are_named():
    for bad in WHOLE:
        refused(lambda: checks.whole(bad, "n", 1), "n must be a whole number of at least 1")  # noqa: B023
    refused(lambda: checks.whole(9, "n", 1, 8), "n must be a whole number from 1 to 8, not 9")
    checks.whole(np.int64(8), "n", 1, 8)
    for bad in (0, -1, np.nan, "1", None, True):
        refused(lambda: checks.positive(bad, "size"), "size must be a positive number")  # noqa: B023
    refused(lambda: checks.positive(2, "size", 1), "size must be a positive number up to 1, not 2")


def test_lists_of_texts_are_lists():
    for bad in (3, "ab", {0: "a"}, {"a", "b"}):
        refused(lambda: checks.texts(bad, "labels"), "labels must be a list")  # noqa: B023
    refused(lambda: checks.texts(["a"], "labels", 2), "labels must have 2 entries, not 1")
    refused(lambda: checks.texts(["a"], "labels", least=2), "labels must have 2 entries, not 1")
    assert checks.texts(np.array(["a"]), "labels") == ["a"] and checks.texts(None, "labels") is None
