"""What the tests of refused arguments share."""

import math
import warnings

import matplotlib.pyplot as plt
import pytest

# None of them is a whole number of at least 1.
WHOLE = [0, -1, 1.5, math.nan, math.inf, "3", None, True, [3]]


def refused(call, *names: str, kinds=(ValueError, TypeError)) -> None:
    """`call` raises one line with the argument's name (the first that is there), and draws nothing."""
    open_before = plt.get_fignums()
    with warnings.catch_warnings(), pytest.raises(kinds) as caught:
        warnings.simplefilter("error")
        call()
    message = str(caught.value)
    assert "\n" not in message and len(message) < 400, message
    assert any(name in message for name in names), f"{names} not in: {message}"
    assert plt.get_fignums() == open_before
