"""Exercises of notebook 17, regression that knows its spread."""

from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import OTHER, NotYet, array, call, chosen_letters, close, exercise, grade, number
from dlhelpers.exercises.formulas import gaussian_nll

HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


@exercise(
    "17.1",
    "The formula above is the price of one observation. NumPy computes it for all at once; then take the mean.",
    "Three terms: the logarithm of sd, the squared error divided by 2 sd², half the logarithm of 2π.",
    "return np.mean(np.log(sd) + (y - mean) ** 2 / (2 * sd**2) + 0.5 * np.log(2 * np.pi))",
    praise="With this function as the loss, a network learns means and spreads.",
)
def price_of_bells(function: Any) -> str | None:
    y, mean, sd = np.array([2.0, 0.5, -1.0, 4.0]), np.array([1.0, 0.7, -3.0, 3.5]), np.array([0.5, 2.0, 1.5, 0.7])
    prices = np.log(sd) + (y - mean) ** 2 / (2 * sd**2) + HALF_LOG_2PI
    with np.errstate(all="ignore"):
        result = array(call(function, y, mean, sd), finite=False)
    if result.shape == y.shape and close(result, prices):
        return "These are the prices of the single observations. Take their mean."
    return grade(number(result), prices.mean(), gaussian_nll(y, mean, sd, "observation"))


@exercise(
    "17.2",
    "Read spread_head with offset=130 and unit=20: what happens to the first number, and what to the second?",
    "The mean is 130 + 20 · 0.3. The second number passes softplus, log(1 + e^z), before it meets the unit.",
    "sd_of_person = 20 * np.log(1 + np.exp(-0.5))",
    praise="A raw sd of -0.5 is nothing strange: softplus makes 0.474 of it, in units of 20 mm Hg.",
)
def person_in_units(mean: Any, sd: Any) -> str | None:
    mean, sd = number(mean), number(sd)
    right_mean, right_sd = 136.0, 20 * np.log1p(np.exp(-0.5))
    if close(mean, right_sd) and close(sd, right_mean):
        return "Right numbers, wrong order: first the mean, then the sd."
    if close(mean, 0.3):
        return "0.3 is the network's number. The head makes mm Hg of it: offset + unit · 0.3."
    if close(mean, 6.0):
        return "The mean lacks the offset of 130 mm Hg."
    if not close(mean, right_mean, rtol=1e-6):
        return "The mean is not right: the head computes offset + unit · 0.3."
    mistakes = [
        (-10.0, "The mean is right. This sd is negative: the raw sd must pass through softplus before the unit."),
        (-0.5, "The mean is right. This is the raw sd; softplus and the unit are missing."),
        (10.0, "The mean is right. For the sd, the head does not take the absolute value: it takes softplus."),
        (0.0, "The mean is right. This is ReLU, which cuts at 0. Softplus stays positive: log(1 + e^z)."),
        (20 * np.exp(-0.5), "The mean is right. This sd uses exp; softplus is log(1 + e^z)."),
        (np.log1p(np.exp(-0.5)), "The mean is right. The sd is still in units of 20 mm Hg: multiply it."),
        (np.log1p(np.exp(-10)), "The mean is right. First softplus, then the unit: here the unit came first."),
        (130 + right_sd, "The mean is right. An offset moves a bell, but makes it no wider: leave it out of the sd."),
        (120.0, "The mean is right. An sd has no offset, and the raw sd must pass through softplus."),
        (20 * np.log1p(np.exp(0.5)), "The mean is right. The raw sd is -0.5, and here it lost its sign."),
        (20 / (1 + np.exp(0.5)), "The mean is right. This is a sigmoid; softplus is log(1 + e^z)."),
        (20 * np.log2(1 + np.exp(-0.5)), "The mean is right. For the sd, use the natural logarithm, np.log."),
    ]
    return grade(sd, right_sd, mistakes, rounding=True)


@exercise(
    "17.3",
    "The outputs give a column of 300 bells, shape (300, 1). What shape must the targets have?",
    "`reshape` changes the shape and keeps the numbers; -1 stands for as many as there are.",
    "pressure_repaired = pressure_row.reshape(-1, 1)",
    praise="Now a subtraction gives 300 × 1 errors. Look at shapes before you look for deeper reasons.",
)
def column_of_targets(targets: Any) -> str | None:
    targets = array(targets)
    if targets.shape == (300, 1):
        right = data.load_blood_pressure()["sbp"].to_numpy()[:300]
        return grade(targets[:, 0], right, [], other="The shape is right, but these are not the first 300 pressures.")
    if targets.shape == (300,):
        return "This is still a row of shape (300,). Note that `.T` does nothing to it: with one axis there is nothing to transpose."
    if targets.shape == (1, 300):
        return "Shape (1, 300) is a row with two axes; against a column it still spreads out to 300 × 300."
    if targets.shape == (300, 300):
        return "This is the square that caused the trouble. Each person needs one target."
    if targets.shape == (300, 2):
        return "Two columns: the mean and the raw sd share one target, so one column is enough."
    if targets.size != 300:
        return f"300 targets are asked for; this has shape {targets.shape}."
    return f"The shape should be (300, 1), and this one is {targets.shape}."


@exercise(
    "17.4",
    "Cover all but a narrow upright strip with your hand, and move the strip: does the scatter inside change?",
    "Two panels mislead: in one the points are unevenly dense, in another it is the middle that moves.",
    'B grows from left to right, D is narrow in the middle: learn_the_spread = ["B", "D"]',
    praise="A cares about density, C about a bent mean, and only B and D about spread.",
)
def residual_reading(letters: Any) -> str | None:
    chosen = chosen_letters(letters, "ABCD")
    if chosen == {"B", "D"}:
        return None
    if chosen == {"A", "C"}:
        return "These are the two whose spread stays the same. Which ones change it?"
    if "C" in chosen:
        return "In C the middle of the points moves, not their scatter: the mean must bend, the spread is constant."
    if "A" in chosen:
        return "In A more points lie in the middle, and more points reach further out. Their sd is the same everywhere."
    if chosen == {"B"}:
        return "B is right. One more panel changes its scatter, though not in one direction."
    if chosen == {"D"}:
        return "D is right. One more panel changes its scatter: compare left and right."
    return OTHER


@exercise(
    "17.5",
    "For each observation ask two things: is it at least `low`, and is it at most `high`?",
    "Two conditions on arrays are joined by &, each in brackets. The mean of True and False is a share.",
    "return np.mean((low <= y) & (y <= high))",
    praise="If it is far from the level, the band is wrong. If it is near, look at parts of the data.",
)
def share_inside(function: Any) -> str | None:
    y = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
    low = np.array([0.5, 2.5, 2.0, 3.0, 5.5, 4.4, 7.5, 9.0])
    high = np.array([1.5, 3.5, 4.6, 3.5, 6.5, 8.0, 8.5, 9.5])
    inside = (low <= y) & (y <= high)  # 1, 3 and 6 of eight; one observation lies above, four lie below
    try:
        result = array(call(function, y, low, high), finite=False)
    except NotYet as problem:
        if "single numbers" in str(problem) or "bitwise_and" in str(problem):
            return "Comparisons of arrays cannot be chained: write (low <= y) & (y <= high), each one in brackets."
        raise
    if result.shape == y.shape and close(result, inside):
        return "This says for each observation whether it is inside. The coverage is the mean of that."
    if result.shape == y.shape:
        return "One share is asked for; this is one value for each observation."
    mistakes = [
        (inside.sum(), "This is how many lie inside. Divide by the number of observations."),
        (inside.sum() / 4000, "Divide by the number of observations that come in, len(y), not by 4000."),
        (1 / len(y), "One of eight. Is it the first alone? `return` inside of a loop ends it."),
        (100 * inside.mean(), "This is in percent. Give the share, a number between 0 and 1."),
        (1 - inside.mean(), "This is the share outside."),
        ((y <= high).mean(), "This only looks at the upper end. The observation must also be at least `low`."),
        ((y >= low).mean(), "This only looks at the lower end. The observation must also be at most `high`."),
        (0.0, "By this nothing lies inside. Inside means at least `low` AND at most `high`: look at both signs."),
        (1.0, "Not all eight lie inside: join the conditions by &, not |, and take each observation's own `low` and `high`."),
        (np.mean((y.mean() >= low) & (y.mean() <= high)), "Compare each observation with its own interval, not the mean."),
        ((high - low).mean(), "This is the mean width of the intervals. Count the observations inside."),
    ]
    return grade(number(result), inside.mean(), mistakes)


@exercise(
    "17.6",
    "The pinball loss charges q for each unit by which the need is above the order, and 1 - q for each below.",
    "Only the ratio counts: q : (1 - q) = 900 : 100.",
    "level_to_order = 900 / (900 + 100)",
    praise="In nine of ten cases there is enough. A cost that is not symmetric asks for a quantile, not for the mean.",
)
def order_level(level: Any) -> str | None:
    mistakes = [
        (0.1, "The other way round: too little is the dear mistake, so order more than the median."),
        (9.0, "This is the ratio of the costs. A level lies between 0 and 1: q : (1 - q) = 9 : 1."),
        (1 / 9, "This is a ratio of the costs, and the wrong way round. Solve q : (1 - q) = 900 : 100."),
        (8 / 9, "This is (900 - 100) / 900. Solve q : (1 - q) = 900 : 100."),
        (0.8, "This is (900 - 100) / (900 + 100). Solve q : (1 - q) = 900 : 100."),
        (0.5, "The median is best if both mistakes cost the same. Here they do not."),
        (0.95, "A common level, but the costs decide: q : (1 - q) = 900 : 100."),
        (90.0, "This is in percent. Give a number between 0 and 1."),
        (900.0, "This is a cost. The level is a share between 0 and 1."),
        (800.0, "This is a difference of costs. The level is a share between 0 and 1."),
    ]
    return grade(number(level), 0.9, mistakes)
