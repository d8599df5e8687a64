"""Exercises of notebook 16, likelihood and the NLL."""

import functools
from typing import Any

import numpy as np

from dlhelpers import data
from dlhelpers.exercises.core import NotYet, array, call, close, exercise, grade, keras_model, number

# 16.1 and 16.2: a Gumbel head


def _gumbel_nll(y: Any, outputs: Any) -> Any:
    from keras import ops

    scale = ops.softplus(outputs[:, 1:])
    t = (y - outputs[:, :1]) / scale
    return ops.mean(t + ops.exp(-t) + ops.log(scale))


def _gumbel_losses(y: np.ndarray, mode: np.ndarray, scale: np.ndarray) -> np.ndarray:
    t = (y - mode) / scale
    return t + np.exp(-t) + np.log(scale)


@exercise(
    "16.1",
    "Take minus the logarithm of the density, on paper: the exponential disappears, and 1/s becomes + log s.",
    "Three terms: t + exp(-t) + log(scale), with t = (y - mode) / scale. The mode is outputs[:, :1].",
    "scale = ops.softplus(outputs[:, 1:]); t = (y - outputs[:, :1]) / scale; return ops.mean(t + ops.exp(-t) + ops.log(scale))",
    praise="Three lines, and Keras can train with them.",
    solution=_gumbel_nll,
)
def gumbel_loss(function: Any) -> str | None:
    import tensorflow as tf

    rng = np.random.default_rng(3)
    y, outputs = rng.normal(1.0, 0.7, size=(5, 1)), rng.normal(0.4, 0.4, size=(5, 2))
    given, raw = tf.constant(y, "float32"), tf.Variable(outputs, dtype="float32")
    with tf.GradientTape() as tape:
        returned = call(function, given, raw)
        result = array(returned, finite=False)
        total = tf.reduce_mean(returned) if tf.is_tensor(returned) else None
    if np.isnan(result).any():
        return "This is nan, as the logarithm of a negative number is. A scale is positive: has the second column gone through ops.softplus?"
    array(returned)  # refuses what is infinite
    gradient = None if total is None else tape.gradient(total, raw)

    losses = _gumbel_losses(y, outputs[:, :1], np.logaddexp(0, outputs[:, 1:]))
    if result.shape == (5, 5):
        return "Shape (5, 5) for five people: everyone is compared with everyone. Slice columns: outputs[:, :1], outputs[:, 1:]."
    if result.size == 5 and close(result.ravel(), losses.ravel()):
        return _no_gradient(gradient) or "These are the losses of the single people. Take their mean with ops.mean."
    if result.size != 1:
        return f"One number is asked for, the mean over the people; this has shape {result.shape}."
    if message := grade(result.reshape(()), losses.mean(), _gumbel_mistakes(y, outputs)):
        return message
    return _no_gradient(gradient)


def _no_gradient(gradient: Any) -> str | None:
    if gradient is not None:
        return None
    return "The value is right, but no gradient comes through, so Keras could not train. Use ops.exp, ops.log and ops.mean, not NumPy's."


def _gumbel_mistakes(y: np.ndarray, outputs: np.ndarray) -> list[tuple[Any, ...]]:
    mode, raw = outputs[:, :1], outputs[:, 1:]
    scale = np.logaddexp(0, raw)
    t, right = (y - mode) / scale, _gumbel_losses(y, mode, scale)
    crossed = _gumbel_losses(y, outputs[:, 0], np.logaddexp(0, outputs[:, 1]))
    turned = _gumbel_losses(y, raw, np.logaddexp(0, mode))
    undivided, bent = y - mode, np.logaddexp(0, mode)
    table = [
        (undivided + np.exp(-undivided) + np.log(scale), "t is not divided by the scale: t = (y - mode) / scale."),
        (undivided + np.exp(-undivided), "The scale is not used: divide by it in t, and add its logarithm."),
        ((t + np.exp(-t)) / scale, "The 1/s of the density does not stay a factor: minus its logarithm is + log(scale)."),
        ((t + np.exp(-t)) * np.log(scale), "The logarithm of a product is a sum: + log(scale)."),
        (_gumbel_losses(y, bent, scale), "The mode may be any number. The softplus is for the scale only."),
        (_gumbel_losses(y, -mode, scale), "Subtract the mode: t = (y - mode) / scale."),
        (_gumbel_losses(y, mode, 1 / scale), "The scale is the softplus itself, and t is divided by it."),
        (_gumbel_losses(y, mode, scale[:, 0]), "outputs[:, 1] has shape (n,), and a row meets a column. Slice outputs[:, 1:]."),
        (-right, "The sign is turned: the loss is minus the logarithm of the density."),
        (t + np.exp(-t), "log(scale) is missing: the factor 1/s of the density. Without it, a huge scale costs little."),
        (t + np.exp(-t) - np.log(scale), "log(scale) has the wrong sign: s stands below the fraction line."),
        (np.exp(-t) + np.log(scale), "One term is missing: t itself."),
        (t + np.exp(-t) + 1 / scale, t + np.exp(-t) + scale, "The factor 1/s of the density becomes + log(scale): here its logarithm is missing."),
        (t + np.log(scale), "One term is missing: exp(-t)."),
        (t + np.exp(t) + np.log(scale), "The exponent is -t, with a minus sign."),
        (t - np.exp(-t) + np.log(scale), -t - np.exp(-t) + np.log(scale), "In -log of exp(-(t + exp(-t))) both terms come out with a plus."),
        (-t + np.exp(t) + np.log(scale), "t is turned around: (y - mode) / scale, not (mode - y) / scale."),
        (np.exp(-right), -np.exp(-right), "This is the density. The loss is minus its logarithm."),
        (crossed, "outputs[:, 0] has shape (n,), and (n, 1) minus (n,) compares everyone with everyone. Slice outputs[:, :1]."),
        (turned, "The columns are swapped: the mode comes first, then the number for the scale."),
        (_gumbel_losses(y, mode, np.exp(raw)), "The scale is softplus of the second column here, not exp."),
        (_gumbel_losses(y, mode, np.abs(raw)), "The scale is softplus of the second column."),
        (t**2 / 2 + np.log(scale) + np.log(2 * np.pi) / 2, "This is the normal distribution. The Gumbel density has t + exp(-t) in its exponent."),
        (right / np.log(10), "Use the natural logarithm."),
    ]
    return [(*(np.mean(one) for one in wrong), message) for *wrong, message in table] + [
        (right.sum(), "This is the sum over the people. Take the mean, so that their number does not matter."),
        (right[0], "This is the first person alone. Take the mean over all."),
        (-np.log(np.exp(-right).mean()), "First the logarithm of each density, then the mean."),
    ]


@functools.cache
def validation_people() -> tuple[np.ndarray, np.ndarray]:
    """Return standardised age and blood pressure, in steps of 20 mm Hg from 130, of the 533 validation people, (533, 1) each."""
    from sklearn.model_selection import train_test_split

    table = data.load_blood_pressure()
    age, sbp = table[["age"]].to_numpy(float), table[["sbp"]].to_numpy(float)
    parts = train_test_split((age - age.mean()) / age.std(), (sbp - 130) / 20, train_size=1000, random_state=0)
    return parts[1], parts[3]


@exercise(
    "16.2",
    "It is the normal head's cell with another loss: define, compile, fit. The last layer has two units, without an activation.",
    "gumbel_model.compile(keras.optimizers.Adam(0.02), loss=gumbel_nll), then fit with batch_size=100 and epochs=20.",
    "gumbel_model = keras.Sequential([keras.Input((1,)), layers.Dense(2, kernel_initializer='zeros')]), then compile and fit as in the second hint",
    praise="On the same people and with as many weights, it beats the normal head.",
)
def gumbel_network(model: Any) -> str | None:
    model = keras_model(model)
    age, y = validation_people()
    outputs = array(model(age), finite=False)
    if outputs.shape != (len(y), 2):
        return f"Two outputs for each person are asked for, mode and scale; for {len(y)} people this gives shape {outputs.shape}."
    if not np.isfinite(outputs).all():
        return "Some outputs are nan or infinite: exp(-t) has overflowed. Start with kernel_initializer='zeros' in the Dense layer."
    scale = np.logaddexp(0, outputs[:, 1:])
    if scale.min() < 1e-6:
        return "Some scales are 0. Leave out the activation of the last layer; the softplus in the loss makes them positive."
    with np.errstate(over="ignore"):
        nll = float(_gumbel_losses(y, outputs[:, :1], scale).mean())
        as_normal = float((((y - outputs[:, :1]) / scale) ** 2 / 2 + np.log(scale) + np.log(2 * np.pi) / 2).mean())
    if nll < 1.235:
        return None
    if as_normal < 1.27 and as_normal < nll:
        return f"As a Gumbel head it has an NLL of {nll:.3f}; as a normal head, {as_normal:.3f}. It was trained with the loss of the normal head."
    if np.ptp(outputs[:, 0]) < 1e-6:
        return f"Its NLL is {nll:.3f}, and everyone gets the same mode. Let the network use the age."
    if nll > 1.4:
        return f"Its NLL is {nll:.2f}, worse than the best constant. Was it trained, with `fit`, on age_train and steps_train?"
    return f"Its NLL is {nll:.3f}; below 1.235 is asked for. Train for more epochs, or with a larger learning rate."


@exercise(
    "16.3",
    "The floor is the entropy of the label, even if the true class is known. Which ten probabilities does it have?",
    "Ten terms -p log p: one with p = 0.8, and nine with p = 0.2 / 9.",
    "floor = -0.8 * np.log(0.8) - 9 * (0.2 / 9) * np.log(0.2 / 9)",
    praise="A classifier with an NLL of 0.94 could be perfect here, and one with 0.3 on the training data has memorised wrong labels.",
)
def noisy_floor(value: Any) -> str | None:
    value, other = number(value), 0.2 / 9
    right = -0.8 * np.log(0.8) - 0.2 * np.log(other)
    mistakes = [
        (0, "0 would need labels that are known for sure. These are wrong in 20 of 100 cases, at random."),
        (-np.log(0.8), "This is the loss when the label is right. In 20 of 100 cases it is wrong."),
        (right / 10, "This is the mean of the ten terms. The entropy is their sum."),
        (-np.log(other), "This is the loss when the label is wrong, which happens in 20 of 100 cases. In the others it is right."),
        (-0.2 * np.log(other), "This is the part of the wrong labels. The right label has a loss too."),
        (-0.8 * np.log(0.8), "This is only the first of ten terms. The wrong labels have losses too."),
        (-0.8 * np.log(0.8) - 0.2 * np.log(0.2), "The 0.2 is shared by nine classes: each of them has the probability 0.2 / 9."),
        (-0.8 * np.log(0.8) - other * np.log(other), "There are nine wrong classes, so the last term comes nine times."),
        (-0.8 * np.log(0.8) - 9 * 0.2 * np.log(0.2), "The 0.2 is shared by nine classes: each has 0.2 / 9, and not 0.2."),
        (-0.8 * np.log(0.8) - 0.2 * np.log(0.02), "A wrong label is one of nine classes, not of ten."),
        (-np.log(0.8) - np.log(0.2), -np.log(0.8) - np.log(other), -np.log(0.8) - 9 * np.log(other), "Weight each loss with its probability: -p log p."),
        (np.log(10), "This is the loss of guessing, the ceiling. The floor is lower: the labels are not uniform."),
        (-right, "The sign is turned: entropy is minus the sum of p log p."),
        (right / np.log(2), "This is in bits. Use the natural logarithm."),
        (right / np.log(10), "This is the logarithm to base 10. Use the natural one."),
        (0.2, "This is the floor of the error rate. The NLL is asked for."),
    ]
    return grade(value, right, mistakes, rounding=True)


@functools.cache
def _test_digits() -> tuple[np.ndarray, np.ndarray]:
    _, (images, labels) = data.load_mnist()
    return images.reshape(-1, 784).astype("float32") / 255, labels


@exercise(
    "16.4",
    "Stopping early, where the validation NLL was lowest, goes most of the way. Dropout, an L2 penalty or a convolution go further.",
    "Two layers of 256 units, each followed by layers.Dropout(0.5), trained for 20 epochs, are enough.",
    "Per hidden layer: layers.Dense(256, activation='relu'), layers.Dropout(0.5). Last layers.Dense(10). Compile with `loss` and Adam(0.001).",
    praise="Nearly as right as before, or more so, and its probabilities deserve more trust.",
)
def calm_classifier(model: Any) -> str | None:
    model = keras_model(model)
    shape = tuple(getattr(model, "input_shape", None) or ())
    if shape[1:] != (784,):
        return f"The input should be a row of 784 pixels, keras.Input((784,)), and this one takes {shape[1:] or 'none yet'}."
    images, labels = _test_digits()
    z = np.asarray(model.predict(images, batch_size=1000, verbose=0), dtype=float)
    if z.shape != (len(labels), 10):
        return f"Ten logits for each digit are asked for; for {len(labels)} digits this gives shape {z.shape}."
    if not np.isfinite(z).all():
        return "Some outputs are nan or infinite: training has gone wrong. A smaller learning rate helps."
    if z.min() >= 0 and np.allclose(z.sum(axis=1), 1, atol=1e-3):
        return "The outputs are probabilities. Leave out the softmax of the last layer: logits are asked for, and `loss` expects them."
    largest = z.max(axis=1, keepdims=True)
    losses = largest[:, 0] + np.log(np.exp(z - largest).sum(axis=1)) - z[np.arange(len(labels)), labels]
    nll, accuracy = float(losses.mean()), float((z.argmax(axis=1) == labels).mean())
    if nll < 0.34 and accuracy >= 0.88:
        return None
    if accuracy < 0.3:
        return f"It is right for {accuracy:.0%} of the digits, about as many as guessing. Was it trained, with `fit`, on x_train?"
    if accuracy < 0.88:
        return f"It is right for {accuracy:.1%}, and its NLL is {nll:.3f}. Train for a little longer, or with more units."
    confidence = 1 / np.exp(z - largest).sum(axis=1)
    if confidence.mean() > accuracy + 0.01:
        return (
            f"It is right for {accuracy:.1%}, but its NLL is {nll:.3f}: on average it is {confidence.mean():.1%} sure. "
            "Stop earlier, or add Dropout or a regularizer."
        )
    return f"It is right for {accuracy:.1%}, and its NLL is {nll:.3f}; below 0.34 is asked for. Try more units, or Dropout and more epochs."


@exercise(
    "16.5",
    "The mean of probabilities is sum(exp(a)) / n. Its logarithm: a log-sum-exp minus log n.",
    "Networks are in the rows, so it is axis 0 everywhere: the maximum of each column, the sum of each column.",
    "return special.logsumexp(a, axis=0) - np.log(len(a))",
    praise="This is how an ensemble of networks is scored: average the probabilities, and do it with their logarithms.",
)
def mean_in_logs(function: Any) -> str | None:
    a = np.log(np.random.default_rng(2).uniform(0.02, 0.98, (3, 4)))
    right = _log_mean_exp(a)
    with np.errstate(all="ignore"):
        result = array(call(function, a.copy()), finite=False)
    if np.isnan(result).any():
        return "The logarithm of a negative number is nan: `a` holds logarithms already. The probabilities are np.exp(a)."
    if result.shape == (3,):
        return "One value for each network: you have averaged over the examples. Networks are in the rows, axis 0."
    if result.size == 1:
        return "One number for everything. Each example has a value of its own: work along axis 0."
    if result.size != right.size:
        return f"Four examples, four values are asked for; this has shape {result.shape}."
    result = result.ravel()
    if message := _wrong_log_mean(a, result):
        return message
    largest = "subtract the largest"
    for problem, far, cure in [
        ("With log-probabilities near -1000", a - 1000, f"exp gives 0: {largest} before exp, add it again after the log"),
        ("When one example lies near -1 and another one near -1000", a - np.array([0, 1000, 0, 2000]), f"exp gives 0: {largest} in each column"),
        ("When one network says -1 and another one -1000", a - np.array([[0], [0], [1000]]), f"exp overflows or gives 0: {largest} of each column, and no other value"),
    ]:
        with np.errstate(all="ignore"):
            result = np.ravel(array(call(function, far.copy()), finite=False))
        if result.shape != right.shape or not np.allclose(result, _log_mean_exp(far), rtol=1e-6):
            return f"Right for moderate values. {problem}, {cure}."
    return None


def _log_mean_exp(a: np.ndarray) -> np.ndarray:
    return np.logaddexp.reduce(a, axis=0) - np.log(len(a))


def _wrong_log_mean(a: np.ndarray, result: np.ndarray) -> str | None:
    right, n, most = _log_mean_exp(a), np.log(len(a)), a.max(axis=0)
    mistakes = [
        (a.mean(axis=0), "This is the mean of the logs. The log of the mean is larger: average the probabilities."),
        (right + n, "This is the log of the sum. A mean divides by the number of networks: minus log n."),
        (right + 2 * n, "log n has the wrong sign. A mean divides by the number of networks: minus log n."),
        ((right + n) / len(a), (right + n) / n, "Divide inside of the logarithm: outside, that is minus log n and no division."),
        (right + n - len(a), "A mean divides by n inside of the logarithm. Outside, that is minus log n, not minus n."),
        (np.log(np.exp(np.exp(a)).mean(axis=0)), "`a` holds logarithms already: logsumexp takes them as they are, without an exp before it."),
        (right + n - np.log(a.shape[1]), "n is the number of networks, len(a), and not of examples."),
        (right + n - np.log(a.size), "n is the number of networks, len(a), and not of all values."),
        (right + n - most, "Two things are missing after the log: add the largest value again, and subtract log n."),
        (right - most, right - a.max(), "The largest value was subtracted before exp. Add it again after the log."),
        (np.exp(right), "This is the mean probability itself. Its logarithm is asked for."),
        (-right, "The sign is turned: the log-probability is asked for, not the loss."),
        (most, "This is the best network's log-probability. All of them count."),
    ]
    return grade(result, right, mistakes)


@exercise(
    "16.6",
    "First draw the number of rainy days for each announced probability, then divide by `days` to get shares.",
    "share = rng.binomial(days, said) / days. The ECE is the mean distance from `said`, weighted with `days`.",
    "share = rng.binomial(days, said) / days; return np.average(abs(said - share), weights=days)",
    praise="Chance alone makes an ECE. Now compare.",
    solution=lambda said, days, rng: _ece(said, rng.binomial(days, said) / days, days),
)
def chance_ece(function: Any) -> str | None:
    said, days = np.array([0.15, 0.4, 0.6, 0.95]), np.array([60, 20, 30, 90])
    try:
        few = np.array([number(call(function, said, days, np.random.default_rng(seed))) for seed in range(4)])
    except NotYet as problem:
        if "Cannot cast" in str(problem) or "p > 1" in str(problem):
            return "rng.binomial takes the number of days first, then the probability: rng.binomial(days, said)."
        raise
    if np.ptp(few) < 1e-12:
        return "It gives the same number each time. Draw the rainy days anew, with the `rng` that comes in."
    shares = [np.random.default_rng(seed).binomial(days, said) / days for seed in range(4)]
    if close(few, [_ece(said, share, days) for share in shares]):
        return None
    for slip, says in _CHANCE_SLIPS:
        if close(few, [slip(said, share, days) for share in shares]):
            return says
    usual = _many_services()
    if few.std() < usual.std() / 2:
        more = np.array([number(call(function, said, days, np.random.default_rng(seed))) for seed in range(40)])
        if more.std() < usual.std() / 2 and abs(more.mean() - usual.mean()) < usual.std() / 2:
            return "This is the mean over many services, so chance is averaged out. Give the ECE of *one*: a single draw for each probability."
    rng = np.random.default_rng(5)  # other draws: right if their ECE has the same mean and spread
    found = np.array([number(call(function, said, days, rng)) for _ in range(REPEATS)])
    return None if _alike(found, usual) else CHANCE_OTHER


REPEATS = 1000
CHANCE_OTHER = "This is not it yet. On days[i] days it rains with probability said[i]; then take the distances of the shares from `said`, weighted with the days."
_CHANCE_SLIPS = [
    (lambda said, share, days: np.mean(abs(said - share)), "Each probability counts the same here. Weight the distances with the days."),
    (lambda said, share, days: abs(np.average(said - share, weights=days)), "Too high and too low cancel here. Take the absolute distances first, then their mean."),
    (lambda said, share, days: np.average(abs(said - share), weights=said), "Weight the distances with the days, not with `said`."),
    (lambda said, share, days: np.sqrt(np.average((said - share) ** 2, weights=days)), "The distances are squared here. The ECE takes them as they are."),
    (lambda said, share, days: np.average(said - share, weights=days), "With signs, too high and too low cancel. Take absolute distances."),
    (lambda said, share, days: np.sum(days * abs(said - share)), "This is the sum over all days. Divide by their number."),
    (lambda said, share, days: np.mean(days * abs(said - share)), "Divide by the number of days, and not by the number of probabilities."),
    (lambda said, share, days: np.average(abs(said - share), weights=share), "Weight the distances with the days, not with the shares."),
    (lambda said, share, days: np.average(abs(said - share * days / sum(days)), weights=days), "Divide the rainy days of each probability by its own days[i], not by all days."),
    (lambda said, share, days: np.sum(abs(said - share)), "This is the sum of the distances. Take their mean, weighted with the days."),
    (lambda said, share, days: np.average((said - share) ** 2, weights=days), "The distances are squared here. The ECE takes them as they are."),
    (lambda said, share, days: np.max(abs(said - share)), "This is the largest distance. The ECE is their mean, weighted with the days."),
    (lambda said, share, days: np.average(abs(said - share * days), weights=days), "Divide the rainy days by `days`: shares are compared with `said`."),
    (lambda said, share, days: 100 * _ece(said, share, days), "Right in per cent. Give it as a share, between 0 and 1."),
]


def _ece(said: np.ndarray, share: np.ndarray, days: np.ndarray) -> float:
    return float(np.average(abs(said - share), weights=days))


@functools.cache
def _many_services() -> np.ndarray:
    """The ECE of many calibrated services."""
    said, days, rng = np.array([0.15, 0.4, 0.6, 0.95]), np.array([60, 20, 30, 90]), np.random.default_rng(6)
    return np.array([_ece(said, rng.binomial(days, said) / days, days) for _ in range(REPEATS)])


def _alike(a: np.ndarray, b: np.ndarray) -> bool:
    """Whether two samples have the same mean and spread, up to four standard errors of the mean and 15 %."""
    error = np.hypot(a.std(), b.std()) / np.sqrt(REPEATS)
    return bool(abs(a.mean() - b.mean()) < 4 * error and 0.85 < a.std() / b.std() < 1.18)
