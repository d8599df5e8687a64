"""Exercises of notebook 17, regression that knows its spread."""

import functools
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import NotYet, array, call, close, exercise, grade, keras_model, number
from dlhelpers.exercises.formulas import gaussian_nll

HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)
LARGEST_FOOD_NLL = 5.9


@exercise(
    "17.1",
    "The formula above is the NLL of one observation. NumPy computes it for all at once; then take the mean.",
    "Three terms: the logarithm of sd, the squared error divided by 2 sd², half the logarithm of 2π.",
    "return np.mean(np.log(sd) + (y - mean) ** 2 / (2 * sd**2) + 0.5 * np.log(2 * np.pi))",
    praise="With this function as the loss, a network learns means and spreads.",
)
def mean_nll(function: Any) -> str | None:
    y, mean, sd = np.array([2.0, 0.5, -1.0, 4.0]), np.array([1.0, 0.7, -3.0, 3.5]), np.array([0.5, 3.0, 1.5, 4.0])
    losses = np.log(sd) + (y - mean) ** 2 / (2 * sd**2) + HALF_LOG_2PI
    with np.errstate(all="ignore"):
        try:  # as a network would hand them over: ops.log(2 * np.pi) is float32, and TensorFlow mixes no types
            returned = call(function, *(np.float32(one) for one in (y, mean, sd)))
        except NotYet:
            returned = call(function, y, mean, sd)
    result = array(returned, finite=False)
    if result.shape == y.shape and close(result, losses):
        return "These are the NLLs of the single observations. Take their mean."
    return grade(number(result), losses.mean(), gaussian_nll(y, mean, sd, "observation"))


def _pressure_head(outputs: Any) -> Any:
    from keras import ops

    from dlhelpers import heads

    return heads.tfd.Normal(130 + 20 * outputs[:, :1], 20 * ops.softplus(outputs[:, 1:]))


@exercise(
    "17.2",
    "Three lines: the mean, the sd, and `return tfd.Normal(mean, sd)`. The first column is outputs[:, :1].",
    "The mean is 130 + 20 * outputs[:, :1]. For the sd, the softplus comes first and the factor 20 after it.",
    "mean = 130 + 20 * outputs[:, :1]; sd = 20 * ops.softplus(outputs[:, 1:]); return tfd.Normal(mean, sd)",
    praise="Any two numbers become a normal distribution in mm Hg.",
    solution=_pressure_head,
)
def head_for_pressure(function: Any) -> str | None:
    import tensorflow as tf

    outputs = np.array([[0.3, -0.5], [-1.0, 0.8], [0.0, -2.0], [2.0, 0.2]])
    raw = tf.Variable(outputs, dtype="float32")
    with tf.GradientTape() as tape:
        made = call(function, raw)
        if isinstance(made, tuple | list):
            return "Return one distribution, tfd.Normal(mean, sd), and not a pair."
        if not (hasattr(made, "log_prob") and hasattr(made, "stddev")):
            return f"A distribution is asked for, tfd.Normal(mean, sd), and not {type(made).__name__}."
        means, sds = made.mean(), made.stddev()
        total = tf.reduce_sum(tf.cast(means, "float32")) + tf.reduce_sum(tf.cast(sds, "float32"))
    mean, sd = array(means, finite=False), array(sds, finite=False)
    shape = np.broadcast_shapes(mean.shape, sd.shape)
    if shape == (4, 4):
        return "A row met a column and made a square, 4 × 4 for four people. Slice both: outputs[:, :1] and outputs[:, 1:]."
    if shape == (4,):
        return "Shape (4,) for four people: outputs[:, 0] drops an axis. Slice outputs[:, :1], which keeps the column."
    if shape != (4, 1):
        return f"Four people, four distributions of shape (4, 1) are asked for; these have shape {shape}."
    raw_mean, raw_sd = outputs[:, :1], outputs[:, 1:]
    mean, sd = np.broadcast_to(mean, shape), np.broadcast_to(sd, shape)
    return (
        grade(mean, 130 + 20 * raw_mean, _mean_mistakes(raw_mean, raw_sd), rtol=1e-4)
        or grade(sd, 20 * np.logaddexp(0, raw_sd), _sd_mistakes(raw_mean, raw_sd), rtol=1e-4)
        or _no_gradient(tape.gradient(total, raw))
    )


def _mean_mistakes(raw_mean: np.ndarray, raw_sd: np.ndarray) -> list[tuple[Any, ...]]:
    return [
        (raw_mean, "This mean is the network's own number. The head makes mm Hg of it: 130 + 20 * outputs[:, :1]."),
        ((raw_mean - 130) / 20, "The head goes the other way, from steps to mm Hg: 130 + 20 * outputs[:, :1]."),
        (20 + 130 * raw_mean, "130 and 20 have changed places: a step is 20 mm Hg, and the steps count from 130."),
        (20 * raw_mean, "The mean lacks the 130 mm Hg from which it counts."),
        (130 + raw_mean, "The mean lacks the unit: the network counts in steps of 20 mm Hg."),
        (20 * (130 + raw_mean), (130 + raw_mean) * 20, "First times 20, then plus 130: the 130 is in mm Hg already."),
        (130 + 20 * raw_sd, "This mean comes from the second column. The mean comes first, then the raw sd."),
        (130 + 20 * np.logaddexp(0, raw_mean), "The mean may be any number. The softplus is for the sd only."),
    ]


def _sd_mistakes(raw_mean: np.ndarray, raw_sd: np.ndarray) -> list[tuple[Any, ...]]:
    soft = np.logaddexp(0, raw_sd)
    return [
        (raw_sd, 20 * raw_sd, "The mean is right. This sd can be negative: send the second column through ops.softplus."),
        (abs(raw_sd), 20 * abs(raw_sd), "The mean is right. This sd comes out positive without a softplus: see the text."),
        (soft, "The mean is right. The sd is still in steps of 20 mm Hg: multiply it."),
        (np.logaddexp(0, 20 * raw_sd), "The mean is right. First softplus, then the unit: here the unit came first."),
        (
            np.logaddexp(0, 130 + 20 * raw_sd),
            "The mean is right. In the sd the 130 and the 20 have gone into the softplus: it takes the second column alone, and the 20 comes after it.",
        ),
        (20 + soft, "The mean is right. In the sd, multiply the softplus by 20 instead of adding 20."),
        (130 + 20 * soft, 130 + soft, "The mean is right. An offset moves a distribution and makes it no wider: leave it out of the sd."),
        (20 * np.exp(raw_sd), np.exp(raw_sd), "The mean is right. This sd uses exp; softplus is log(1 + e^z)."),
        (20 * np.maximum(raw_sd, 0), "The mean is right. This is ReLU, which gives an sd of 0. Use ops.softplus."),
        (20 / (1 + np.exp(-raw_sd)), "The mean is right. This is a sigmoid; softplus is log(1 + e^z)."),
        (20 * np.logaddexp(0, raw_mean), "The mean is right. The sd comes from the second column, outputs[:, 1:]."),
        (np.sqrt(20 * soft), (20 * soft) ** 2, "The mean is right. tfd.Normal takes the sd itself, without a square or a root."),
    ]


def _no_gradient(gradient: Any) -> str | None:
    # a row of zeros would be no gradient either
    if gradient is not None and np.all(np.abs(np.asarray(gradient)).sum(axis=0) > 0):
        return None
    return "The values are right, but no gradient comes through, so Keras could not train. Use ops.softplus, not NumPy's functions."


@exercise(
    "17.3",
    "The outputs give a column of 300 distributions, shape (300, 1). What shape must the targets have?",
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


@functools.cache
def validation_households() -> tuple[np.ndarray, np.ndarray]:
    """Return income in steps of 500 francs from 1000, and food expenditure in francs, of the 78 validation households."""
    from sklearn.model_selection import train_test_split

    table = data.load_engel()
    steps, food = (table[["income"]].to_numpy() - 1000) / 500, table[["foodexp"]].to_numpy()
    parts = train_test_split(steps, food, train_size=157, random_state=1)
    return parts[1], parts[3]


@exercise(
    "17.4",
    "It is the `funnel` of section 4 with other data and another head: a last layer of two units, then train_head(...).",
    "Two units without an activation, started at zero: layers.Dense(2, kernel_initializer='zeros').",
    "food_model = keras.Sequential([keras.Input((1,)), layers.Dense(2, kernel_initializer='zeros')]); train_head(food_model, food_head, income_train, food_train)",
    praise="A poor household is predicted to within a few dozen francs, a rich one to within a few hundred.",
)
def food_network(model: Any) -> str | None:
    model = keras_model(model)
    steps, food = validation_households()
    outputs = array(model(steps), finite=False)
    if outputs.shape != (len(food), 2):
        return f"Two outputs for each household are asked for, mean and raw sd; for {len(food)} households this gives shape {outputs.shape}."
    if not np.isfinite(outputs).all():
        return "Some outputs are nan or infinite: the training has gone wrong. Start the last layer at zero, or lower the learning rate."
    mean, sd = 600 + 200 * outputs[:, :1], 200 * np.logaddexp(0, outputs[:, 1:])
    if sd.min() < 1e-3:
        return "Some sds are 0. Leave out the activation of the last layer: the softplus in food_head makes them positive."
    nll = float(np.mean(np.log(sd) + (food - mean) ** 2 / (2 * sd**2) + HALF_LOG_2PI))
    if nll < LARGEST_FOOD_NLL:
        return None
    if np.ptp(outputs[:, 0]) < 1e-6:
        return f"Its NLL is {nll:.2f}, and every household gets the same mean. Was it trained, with train_head(...)?"
    if outputs.min() >= 0:
        return f"Its NLL is {nll:.2f}. No output is ever negative: leave out the activation of the last layer."
    if np.ptp(outputs[:, 1]) < 1e-6:
        return f"Its NLL is {nll:.2f}, and its sd is the same for everyone. Let the last layer have two units, so that the sd can grow with the income."
    if nll > 7.0:
        return f"Its NLL is {nll:.2f}, no better than one distribution for everyone. Was it trained, on income_train and food_train, with food_head?"
    return f"Its NLL is {nll:.2f}; below {LARGEST_FOOD_NLL} is asked for. Train for more epochs, or make the network smaller: 157 households are few."


def _coverage(y: Any, low: Any, high: Any) -> Any:
    return np.mean((low <= y) & (y <= high))


@exercise(
    "17.5",
    "For each observation ask two things: is it at least `low`, and is it at most `high`?",
    "Two conditions on arrays are joined by &, each in brackets. The mean of True and False is a share.",
    "return np.mean((low <= y) & (y <= high))",
    praise="Far from the level, the band is wrong. Near it, look at parts of the data before you trust it.",
    solution=_coverage,
)
def share_inside(function: Any) -> str | None:
    y = np.arange(1.0, 12.0)
    low = np.array([0.5, 2.5, 2.0, 3.0, 5.2, -8.0, 7.5, 9.0, 6.2, 10.5, 12.0])
    high = np.array([1.5, 3.5, 16.6, 3.5, 5.8, 30.0, 8.5, 9.5, 8.3, 11.0, 13.0])
    inside = (low <= y) & (y <= high)  # 1, 3 and 6 of eleven; two observations lie above, six below: no two shares agree
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
    at_least, at_most = np.mean(y >= low), np.mean(y <= high)
    mistakes = [
        (inside.sum(), "This is how many lie inside. Divide by the number of observations."),
        (inside.sum() / 4000, inside.sum() / 533, "Divide by the number of observations that come in, len(y), not by a fixed one."),
        (1 / len(y), "One of eleven. Is it the first alone? `return` inside of a loop ends it."),
        (100 * inside.mean(), "This is in percent. Give the share, a number between 0 and 1."),
        (1 - inside.mean(), "This is the share outside."),
        (at_most, "This only looks at the upper end. The observation must also be at least `low`."),
        (at_least, "This only looks at the lower end. The observation must also be at most `high`."),
        (
            *(at_most - at_least, at_least - at_most, at_least * at_most, at_least + at_most),
            "Two shares do not say who fulfils *both* conditions. Join the conditions by & first, then take one mean.",
        ),
        (np.mean((low.mean() <= y) & (y <= high.mean())), "Each observation has its own interval: leave out the means of `low` and `high`."),
        (0.95, "This is the share that the intervals promise. Count how many observations really lie inside."),
        (0.0, "By this nothing lies inside. Inside means at least `low` AND at most `high`: look at both signs."),
        (1.0, "Not all eleven lie inside: join the conditions by &, not |, and take each observation's own `low` and `high`."),
        (np.mean((y.mean() >= low) & (y.mean() <= high)), "Compare each observation with its own interval, not the mean."),
        ((high - low).mean(), "This is the mean width of the intervals. Count the observations inside."),
    ]
    share = number(result)
    if share == 0 and close(array(call(function, y, y - 1, y + 1)).ravel(), [1.0]):
        return "This is 1 only if *all* lie inside, as np.all says. A share is asked for: np.mean."
    if share == 1 and close(array(call(function, y, y + 1, y + 2)).ravel(), [0.0]):
        return "This is 1 as soon as *one* lies inside, as np.any says. A share is asked for: np.mean."
    return grade(share, inside.mean(), mistakes)


@exercise(
    "17.6",
    "The pinball loss charges q for each unit by which the need is above the order, and 1 - q for each below.",
    "Only the ratio counts: q : (1 - q) = 900 : 100.",
    "level_to_order = 900 / (900 + 100)",
    praise="In nine of ten cases there is enough. If the two mistakes cost differently, order a quantile and not the mean.",
)
def order_level(level: Any) -> str | None:
    mistakes = [
        (0.1, "The other way round: too little is the expensive mistake, so order more than the median."),
        (9.0, "This is the ratio of the costs. A level lies between 0 and 1: q : (1 - q) = 9 : 1."),
        (1 / 9, "This is a ratio of the costs, and the wrong way round. Solve q : (1 - q) = 900 : 100."),
        (8 / 9, 0.89, "This is (900 - 100) / 900. Solve q : (1 - q) = 900 : 100."),
        (0.8, "This is (900 - 100) / (900 + 100). Solve q : (1 - q) = 900 : 100."),
        (0.5, "The median is best if both mistakes cost the same. Here they do not."),
        (0.95, 0.975, 0.99, "A common level, but the costs decide: q : (1 - q) = 900 : 100."),
        (1.0, "There is no largest need. Even 900 francs for a missing unit do not pay for a stock that always suffices."),
        (1.2816, "This is the 0.9 quantile of a standard normal distribution. The level itself is asked for."),
        (90.0, "This is in percent. Give a number between 0 and 1."),
        (900.0, "This is a cost. The level is a share between 0 and 1."),
        (800.0, "This is a difference of costs. The level is a share between 0 and 1."),
    ]
    return grade(number(level), 0.9, mistakes)
