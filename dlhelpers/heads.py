"""Losses and predictions for networks whose output is a distribution.

A Keras model puts out plain numbers, a *head* turns them into a TensorFlow Probability distribution,
and the loss is the mean negative log-likelihood (NLL) of the targets, in nats:

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(2)])
    model.compile("adam", loss=heads.nll(heads.normal))
    model.fit(x_train, y_train)                                # y_train has shape (n, 1)
    predicted = heads.Predictive(heads.normal, model.predict(x_test))
    predicted.mean(), predicted.sd(), predicted.interval(0.95), predicted.nll(y_test)

A head is any function from outputs to a distribution, so your own work, too. The ready ones:

    head                     outputs for each target                        target
    normal                   mean, raw scale                                number
    normal_mixture           k logits, k means, k raw scales                number
    poisson                  log rate                                       count
    negative_binomial        log mean, raw total count                      count
    zero_inflated_poisson    log rate, logit of an extra zero               count
    bernoulli                logit                                          0 or 1
    categorical              a logit for each class; targets (n,)           class number

A raw number becomes positive through `positive` (softplus). They compute in float64, since the
log-probability of a count of 10^6 is a small difference of large terms. A parameter that does not depend on x, such
as a constant spread, is an `AppendConstant` layer at the end of the network.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from scipy import special

from dlhelpers import checks
from dlhelpers.start import muted_stderr

with muted_stderr():  # it warns of its own deprecated parts
    import tensorflow_probability as tfp

tfd = tfp.distributions
Distribution = tfd.Distribution
Head = Callable[[Any], Distribution]

SMALLEST_SCALE = 1e-7
MUST_BE_POSITIVE = ("scale", "rate", "total_count", "concentration", "df")
COUNTING = (tfd.Bernoulli, tfd.Binomial, tfd.Categorical, tfd.NegativeBinomial, tfd.Poisson)

_serializable = keras.saving.register_keras_serializable("dlhelpers")


def positive(raw: Any) -> tf.Tensor:
    """Softplus, log(1 + e^raw), plus 1e-7: any number becomes a positive one.

    Where `raw` is large it is about `raw` itself; it grows more gently than exp.

    Parameters
    ----------
    raw : array or tensor of real numbers, any shape

    Returns
    -------
    tensor
        Of the same shape and type; whole numbers give Keras's float type.

    Raises
    ------
    TypeError
        If `raw` holds no real numbers.

    Examples
    --------
    >>> heads.positive(np.array([-100.0, 0.0, 100.0])).numpy().round(4).tolist()
    [0.0, 0.6931, 100.0]
    """
    raw = _real(raw, "raw")
    raw = raw if raw.dtype.is_floating else tf.cast(raw, keras.config.floatx())
    return tf.math.softplus(raw) + SMALLEST_SCALE


@_serializable
def normal(params: Any) -> Distribution:
    """Return normal distributions with a mean and a standard deviation for each target.

    Parameters
    ----------
    params : array or tensor, shape (n, 2k)
        k means in the units of the targets, then k raw standard deviations, which pass through `positive`.

    Returns
    -------
    tfp.distributions.Distribution

    Raises
    ------
    ValueError, TypeError
        If `params` has another shape, or holds no real numbers.

    Examples
    --------
    >>> heads.normal([[3.0, 0.0]]).mean().numpy().round(4).tolist()
    [[3.0]]
    """
    mean, raw_sd = _columns(params, "normal", "mean", "raw sd")
    return tfd.Normal(mean, positive(raw_sd))


@_serializable
def normal_mixture(params: Any) -> Distribution:
    """Return a mixture of k normal distributions for each of n targets.

    Parameters
    ----------
    params : array or tensor, shape (n, 3k)
        k logits of the weights, then k means in the units of the target, then k raw standard deviations, which
        pass through `positive`.

    Returns
    -------
    tfp.distributions.Distribution

    Raises
    ------
    ValueError, TypeError
        If `params` has another shape, or holds no real numbers.

    Examples
    --------
    >>> heads.normal_mixture([[0.0, 0.0, -1.0, 5.0, 0.0, 0.0]]).mean().numpy().round(4).tolist()
    [[2.0]]
    """
    names = ("logit", "mean", "raw sd")
    logits, means, raw_sds = (column[..., None, :] for column in _columns(params, "normal_mixture", *names))
    return tfd.MixtureSameFamily(
        tfd.Categorical(logits=logits), tfd.Normal(means, positive(raw_sds)), name="NormalMixture"
    )


@_serializable
def poisson(params: Any) -> Distribution:
    """Return Poisson distributions of counts.

    Parameters
    ----------
    params : array or tensor, shape (n, k)
        Log rates.

    Returns
    -------
    tfp.distributions.Distribution

    Raises
    ------
    ValueError, TypeError
        If `params` has another shape, or holds no real numbers.

    Examples
    --------
    >>> heads.poisson([[0.0], [1.0]]).mean().numpy().round(4).tolist()
    [[1.0], [2.7183]]
    """
    (log_rate,) = _columns(params, "poisson", "log rate")
    return tfd.Poisson(log_rate=log_rate)


@_serializable
def negative_binomial(params: Any) -> Distribution:
    """Return negative binomial distributions of counts, which spread more than Poisson's.

    With the total count r = positive(raw), the variance is mean + mean^2 / r; 1/r is the "alpha" or
    dispersion of regression software, and r -> infinity gives the Poisson distribution.

    Parameters
    ----------
    params : array or tensor, shape (n, 2k)
        k log means, then k raw total counts.

    Returns
    -------
    tfp.distributions.Distribution

    Raises
    ------
    ValueError, TypeError
        If `params` has another shape, or holds no real numbers.

    Examples
    --------
    >>> heads.negative_binomial([[1.0, 0.0]]).mean().numpy().round(4).tolist()
    [[2.7183]]
    """
    log_mean, raw_total = _columns(params, "negative_binomial", "log mean", "raw total count")
    total_count = positive(raw_total)
    return tfd.NegativeBinomial(total_count, logits=log_mean - tf.math.log(total_count))


@_serializable
def zero_inflated_poisson(params: Any) -> Distribution:
    """Return mixtures of "always 0" and a Poisson distribution.

    Parameters
    ----------
    params : array or tensor, shape (n, 2k)
        k log rates, then k logits of "always 0".

    Returns
    -------
    tfp.distributions.Distribution

    Raises
    ------
    ValueError, TypeError
        If `params` has another shape, or holds no real numbers.

    Examples
    --------
    >>> heads.zero_inflated_poisson([[1.0, 0.0]]).mean().numpy().round(4).tolist()
    [[1.3591]]
    """
    log_rate, logit_zero = _columns(params, "zero_inflated_poisson", "log rate", "logit of an extra zero")
    # not tfd.Inflated: in TFP 0.25 its probability of an extra zero is sigmoid(2 logit)
    which = tfd.Categorical(logits=tf.stack([logit_zero, tf.zeros_like(logit_zero)], axis=-1))
    always_zero = tfd.Deterministic(tf.zeros_like(log_rate))
    return tfd.Mixture(which, [always_zero, tfd.Poisson(log_rate=log_rate)], name="ZeroInflatedPoisson")


@_serializable
def bernoulli(params: Any) -> Distribution:
    """Return Bernoulli distributions of 0 and 1.

    Parameters
    ----------
    params : array or tensor, shape (n, k)
        Logits of 1.

    Returns
    -------
    tfp.distributions.Distribution

    Raises
    ------
    ValueError, TypeError
        If `params` has another shape, or holds no real numbers.

    Examples
    --------
    >>> heads.bernoulli([[0.0], [2.0]]).mean().numpy().round(4).tolist()
    [[0.5], [0.8808]]
    """
    (logits,) = _columns(params, "bernoulli", "logit")
    return tfd.Bernoulli(logits=logits)


@_serializable
def categorical(params: Any) -> Distribution:
    """Return categorical distributions; their targets are class numbers of shape (n,).

    Parameters
    ----------
    params : array or tensor, shape (n, classes)
        One logit for each class.

    Returns
    -------
    tfp.distributions.Distribution

    Raises
    ------
    ValueError, TypeError
        If `params` has another shape, or holds no real numbers.

    Examples
    --------
    >>> heads.categorical([[0.0, 0.0, 2.0]]).prob(2).numpy().round(4).tolist()
    [0.787]
    """
    logits = _float64(params)
    if len(logits.shape) < 2 or logits.shape[-1] == 1:
        raise ValueError(
            f"categorical needs params of shape (n, classes) with at least 2 classes, the network gives "
            f"{tuple(logits.shape)}: let it end with Dense(classes), or take heads.bernoulli for yes and no"
        )
    return tfd.Categorical(logits=logits)


@_serializable
class AppendConstant(keras.layers.Layer):
    """Append trained numbers that are the same for every example, such as a constant spread.

    Input (n, k), output (n, k + count).

    Parameters
    ----------
    count : int
        How many numbers.
    initial : float
        Their value at the start of the training.

    Raises
    ------
    ValueError
        If `count` is below 1, `initial` is not finite, or the inputs have another shape.

    Examples
    --------
    >>> model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1), heads.AppendConstant()])
    >>> model.output_shape  # mean, raw sd
    (None, 2)
    """

    def __init__(self, count: int = 1, initial: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        checks.whole(count, "count", 1)
        self.count, self.initial = count, _finite(initial, "initial")

    def build(self, input_shape: Any) -> None:
        if len(input_shape) != 2:
            raise ValueError(f"inputs of AppendConstant must have shape (n, k), not {tuple(input_shape)}")
        self.constant = self.add_weight(
            shape=(self.count,), initializer=keras.initializers.Constant(self.initial), name="constant"
        )

    def call(self, inputs: Any) -> Any:
        rows = keras.ops.shape(inputs)[0]
        return keras.ops.concatenate([inputs, keras.ops.tile(self.constant[None], (rows, 1))], axis=-1)

    def compute_output_shape(self, input_shape: Any) -> tuple:
        return (*input_shape[:-1], input_shape[-1] + self.count)

    def get_config(self) -> dict:
        return {**super().get_config(), "count": self.count, "initial": self.initial}


def nll(make_distribution: Head, name: str = "nll") -> NLL:
    """Return the Keras loss "mean negative log-likelihood, in nats" for a head.

    Parameters
    ----------
    make_distribution : function
        Takes the outputs of the model, returns a TFP distribution. For `model.save` it must be one
        of this module or registered by `keras.saving.register_keras_serializable`.
    name : str
        The loss's name.

    Returns
    -------
    NLL

    Raises
    ------
    ValueError
        At the first batch, if the targets do not have the shape of the distribution. Targets (n,) against a
        distribution (n, 1) would broadcast to (n, n), and the network would learn the mean for all.
    tf.errors.InvalidArgumentError
        During the training, if outputs are NaN, a scale is not positive or a target is impossible
        (compiled by XLA, TensorFlow drops these three checks).

    Examples
    --------
    >>> loss = heads.nll(heads.poisson)
    >>> round(float(loss(np.array([[2.0]]), np.array([[0.0]]))), 4)  # 1 + log(2!)
    1.6931
    """
    return NLL(make_distribution, name=name)


@_serializable
class NLL(keras.losses.Loss):
    """The loss that `nll` returns. Several targets of one example count as independent: their NLLs add up.

    Examples
    --------
    >>> loss = heads.NLL(heads.poisson)
    >>> loss.get_config()["name"]
    'nll'
    """

    def __init__(self, make_distribution: Head, name: str = "nll", **kwargs: Any) -> None:
        _refuse_no_function(make_distribution, "nll")
        super().__init__(name=name, **kwargs)
        self.make_distribution = make_distribution

    def call(self, y_true: Any, y_pred: Any) -> tf.Tensor:
        distribution = _distribution(self.make_distribution, y_pred)
        _refuse_other_shape(tf.TensorShape(y_true.shape), distribution)
        log_prob = self._checked(distribution, y_true, y_pred)
        axes = list(range(1, len(log_prob.shape)))
        return tf.cast(-tf.reduce_sum(log_prob, axes), keras.config.floatx())

    def _checked(self, distribution: Distribution, y_true: Any, y_pred: Any) -> tf.Tensor:
        layer = _layer_of(y_pred)
        good = tf.math.is_finite(y_pred)
        checks = [_assert(good, f"outputs of the network are NaN or infinite; look at {layer}, and at its inputs")]
        for name, value in _positive_parameters(distribution):
            message = f"{name} of {distribution.name} is not positive; pass it through heads.positive; look at {layer}"
            checks.append(_assert(value > 0, message))
        message = f"targets are impossible under {distribution.name}, which takes {_support(distribution)}"
        checks.append(_assert(_possible(distribution, y_true), message))
        with tf.control_dependencies([check for check in checks if check is not None]):
            return distribution.log_prob(tf.cast(y_true, distribution.dtype))

    def get_config(self) -> dict:
        config = super().get_config()
        return {**config, "make_distribution": keras.saving.serialize_keras_object(self.make_distribution)}

    @classmethod
    def from_config(cls, config: dict) -> NLL:
        head = config.pop("make_distribution")
        return cls(keras.saving.deserialize_keras_object(head) if isinstance(head, dict) else head, **config)


class Predictive:
    """The predicted distributions of n examples; everything comes back as NumPy arrays.

    Parameters
    ----------
    make_distribution : function
        A head: takes outputs, returns a TFP distribution.
    params : array, shape (n, ...)
        What the model puts out: `model.predict(x)`.

    Raises
    ------
    ValueError
        If outputs are NaN or infinite, or do not fit the head. Each method names an argument that it cannot use.

    Examples
    --------
    >>> predicted = heads.Predictive(heads.normal, np.array([[0.0, 0.0], [5.0, 1.0]]))
    >>> predicted.mean().tolist()
    [0.0, 5.0]
    """

    def __init__(self, make_distribution: Head, params: Any) -> None:
        _refuse_no_function(make_distribution, "Predictive")
        params = tf.convert_to_tensor(_array(params, "params"))
        if params.shape.num_elements() == 0 or params.shape.rank == 0:
            raise ValueError(f"params: the outputs of n examples are needed, not shape {tuple(params.shape)}")
        bad = int(np.sum(~np.isfinite(params.numpy()).reshape(len(params), -1).all(axis=1)))
        if bad:
            raise ValueError(f"params: the outputs of {bad} of {len(params)} examples are NaN or infinite")
        self.distribution = _distribution(make_distribution, params)
        for name, value in _positive_parameters(self.distribution):
            if not np.all(value > 0):
                raise ValueError(f"params: {name} of {self.distribution.name} is not positive for some examples")
        if _counts(self.distribution) and not isinstance(self.distribution, tfd.Categorical):
            if not np.all(np.isfinite(self.distribution.stddev())):
                raise ValueError(f"params: mean or sd of {self.distribution.name} overflows: a log rate is too large")

    def mean(self) -> np.ndarray:
        """Return the mean of each example.

        Returns
        -------
        array, shape (n,)
            In the units of the target.

        Raises
        ------
        ValueError
            If the distributions are of classes, which have no order.

        Examples
        --------
        >>> heads.Predictive(heads.poisson, np.array([[0.0], [2.0]])).mean().round(4).tolist()
        [1.0, 7.3891]
        """
        return self._flat(self._ordered().mean())

    def sd(self) -> np.ndarray:
        """Return the standard deviation of each example.

        Returns
        -------
        array, shape (n,)
            In the units of the target.

        Raises
        ------
        ValueError
            If the distributions are of classes, which have no order.

        Examples
        --------
        >>> heads.Predictive(heads.poisson, np.array([[0.0], [2.0]])).sd().round(4).tolist()
        [1.0, 2.7183]
        """
        return self._flat(self._ordered().stddev())

    def quantile(self, q: float | Sequence[float]) -> np.ndarray:
        """Return quantiles; for counts, the smallest count with a cumulative probability of at least q.

        Parameters
        ----------
        q : float or list of float
            Cumulative probabilities between 0 and 1.

        Returns
        -------
        array, shape (n,) for one q, (len(q), n) for several
            In the units of the target.

        Raises
        ------
        ValueError
            If `q` lies elsewhere, or the distributions are of classes.

        Examples
        --------
        >>> heads.Predictive(heads.poisson, np.array([[0.0], [2.0]])).quantile([0.1, 0.9]).tolist()
        [[0.0, 4.0], [2.0, 11.0]]
        """
        q = _array(q, "q").astype(float)
        if q.ndim > 1 or not 1 <= q.size <= 1000 or not np.all((q > 0) & (q < 1)):
            wrong = f"at {q.ravel()[:3]}" if q.ndim < 2 and q.size <= 1000 else f"in the shape {q.shape}"
            raise ValueError(f"q: 1 to 1000 quantiles are asked for between 0 and 1, not {wrong}")
        rows = [self._flat(self._quantile(float(level))) for level in q.ravel()]
        return rows[0] if q.ndim == 0 else np.stack(rows)

    def interval(self, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
        """Return the central interval that holds `level` of the probability.

        Returns
        -------
        low, high : arrays, shape (n,)
            In the units of the target.

        Raises
        ------
        ValueError
            If `level` does not lie between 0 and 1.

        Examples
        --------
        >>> low, high = heads.Predictive(heads.poisson, np.array([[0.0], [2.0]])).interval(0.9)
        >>> low.tolist(), high.tolist()
        ([0.0, 3.0], [3.0, 12.0])
        """
        if not 0 < _finite(level, "level") < 1:
            raise ValueError(f"level: the probability of an interval lies between 0 and 1, not at {level}")
        low, high = self.quantile([(1 - level) / 2, (1 + level) / 2])
        return low, high

    def cdf(self, y: Any) -> np.ndarray:
        """Return the probability of at most `y`, of shape (n,) or (n, 1), for each example.

        Returns
        -------
        array, shape (n,)

        Raises
        ------
        ValueError
            If `y` does not fit the examples or has NaN.

        Examples
        --------
        >>> heads.Predictive(heads.poisson, np.array([[0.0], [2.0]])).cdf([0, 5]).round(4).tolist()
        [0.3679, 0.2538]
        """
        targets = self._targets(y).numpy()
        _refuse_nan(targets, "y")
        return self._flat(self._cdf(targets))

    def log_prob(self, y: Any) -> np.ndarray:
        """Return the log-probability or log-density of each target `y`, of shape (n,) or (n, 1).

        Returns
        -------
        array, shape (n,)
            In nats.

        Raises
        ------
        ValueError
            If `y` does not fit the examples or is impossible.

        Examples
        --------
        >>> heads.Predictive(heads.poisson, np.array([[0.0], [2.0]])).log_prob([0, 5]).round(4).tolist()
        [-1.0, -2.1765]
        """
        targets = self._targets(y)
        if not np.all(_possible(self.distribution, targets)):
            raise ValueError(f"y: {self.distribution.name} takes {_support(self.distribution)}")
        return self._flat(self.distribution.log_prob(tf.cast(targets, self.distribution.dtype)))

    def nll(self, y: Any) -> float:
        """Return the mean negative log-likelihood of the targets `y`, of shape (n,) or (n, 1).

        Returns
        -------
        float
            In nats.

        Raises
        ------
        ValueError
            If `y` does not fit the examples or is impossible.

        Examples
        --------
        >>> round(heads.Predictive(heads.poisson, np.array([[0.0], [2.0]])).nll([0, 5]), 4)
        1.5883
        """
        return float(-np.mean(self.log_prob(y)))

    def density(self, values: Any) -> np.ndarray:
        """Return the probability (counts, classes) or density of m values for each example.

        Parameters
        ----------
        values : array, shape (m,)
            In the units of the target. Impossible ones, such as a count of -1, have density 0.

        Returns
        -------
        array, shape (n, m)

        Raises
        ------
        ValueError
            If `values` has another shape or NaN.

        Examples
        --------
        >>> heads.Predictive(heads.poisson, np.array([[0.0], [2.0]])).density([-1, 0, 1]).round(4).tolist()
        [[0.0, 0.3679, 0.3679], [0.0, 0.0006, 0.0046]]
        """
        values = _array(values, "values")
        _refuse_nan(values, "values")
        if values.ndim != 1:
            raise ValueError(f"values: one row of m values is needed, not shape {values.shape}")
        column = tf.constant(values.reshape((-1,) + (1,) * len(self.distribution.batch_shape)), tf.float64)
        possible = _possible(self.distribution, column)
        column = tf.cast(tf.where(possible, column, 0), self.distribution.dtype)
        density = np.where(possible, np.exp(self.distribution.log_prob(column)), 0.0)
        return np.moveaxis(self._flat(density), 0, -1)

    def sample(self, size: int = 1, seed: int = 0) -> np.ndarray:
        """Return random draws from each distribution; the same seed draws the same.

        Returns
        -------
        array, shape (size, n)
            In the units of the target.

        Raises
        ------
        ValueError
            If `size` or `seed` is no whole number that fits.

        Examples
        --------
        >>> heads.Predictive(heads.poisson, np.array([[0.0], [2.0]])).sample(1000).mean(axis=0).round().tolist()
        [1.0, 7.0]
        """
        checks.whole(seed, "seed", -(2**31), 2**31 - 1)
        checks.whole(size, "size", 1)
        return self._flat(self.distribution.sample(size, seed=(0, seed)))

    def _quantile(self, q: float) -> Any:
        distribution = self._ordered()
        if not self._is_discrete():
            try:
                return distribution.quantile(tf.constant(q, distribution.dtype))
            except NotImplementedError:
                pass
        return self._quantile_by_bisection(q)

    def _quantile_by_bisection(self, q: float) -> np.ndarray:
        mean, sd = self.distribution.mean().numpy(), self.distribution.stddev().numpy()
        if not np.all(np.isfinite(mean) & np.isfinite(sd)):
            raise ValueError(f"params: mean or sd of {self.distribution.name} is not finite, so no quantile is found")
        reach = np.maximum(sd + 1.0, 1e-12 * np.abs(mean))  # a step that a large mean does not swallow
        low, high = np.floor(mean - reach), np.ceil(mean + reach)
        while np.any(below := self._cdf(high) < q):
            high = np.where(below, high + 2 * (high - low), high)
        while np.any(above := self._cdf(low) >= q):
            low = np.where(above, low - 2 * (high - low), low)
        discrete = self._is_discrete()
        for _ in range(1100 if discrete else 60):  # from 1e308 down to 1
            middle = np.floor((low + high) / 2) if discrete else (low + high) / 2
            if np.all((middle == low) | (middle == high)):
                break
            reached = self._cdf(middle) >= q
            low, high = np.where(reached, low, middle), np.where(reached, middle, high)
        return high

    def _cdf(self, y: np.ndarray) -> np.ndarray:
        # TFP's cdf of a count is NaN below 0
        start = 0.0 if _counts(self.distribution) else -np.inf
        cdf = _cdf(self._ordered(), np.maximum(y, start))
        cdf = np.where(y < start, 0.0, np.where(np.isposinf(y), 1.0, cdf))
        if np.isnan(cdf).any():
            raise ValueError(f"params: the cdf of {self.distribution.name} is NaN, its numbers are too large")
        return cdf

    def _is_discrete(self) -> bool:
        draws = self.distribution.sample(20, seed=(0, 0)).numpy()
        return bool(np.all(draws == np.round(draws)))

    def _ordered(self) -> Distribution:
        if isinstance(self.distribution, tfd.Categorical):
            raise ValueError("classes have no order, so no mean, sd, cdf or quantile: use density(range(classes))")
        return self.distribution

    def _targets(self, y: Any) -> tf.Tensor:
        y, shape = _array(y, "y"), tuple(self.distribution.batch_shape) + tuple(self.distribution.event_shape)
        if y.size != np.prod(shape) or y.shape[:1] != shape[:1]:
            raise ValueError(f"y: targets of shape {y.shape} do not fit predictions of shape {shape}")
        return tf.convert_to_tensor(y.reshape(shape).astype(float))

    def _flat(self, values: Any) -> np.ndarray:
        one_target = tuple(self.distribution.batch_shape[1:]) == (1,)
        return np.asarray(values)[..., 0] if one_target else np.asarray(values)


def _columns(params: Any, head: str, *names: str) -> list[tf.Tensor]:
    params = _float64(params)
    width = params.shape[-1] if len(params.shape) > 1 else None
    if not width or width % len(names):
        raise ValueError(
            f"{head} needs outputs of shape (n, {len(names)}) for one target ({', '.join(names)}), "
            f"the network gives {tuple(params.shape)}: let it end with Dense({len(names)})"
        )
    return tf.split(params, len(names), axis=-1)


def _float64(params: Any) -> tf.Tensor:
    return tf.cast(_real(params, "params"), tf.float64)


def _real(values: Any, name: str) -> tf.Tensor:
    """The values as a tensor, which keeps their gradient."""
    try:
        tensor = tf.convert_to_tensor(values)
    except (TypeError, ValueError):
        raise TypeError(f"{name} must be a regular array of numbers, not {checks.said(values)}") from None
    if not (tensor.dtype.is_floating or tensor.dtype.is_integer or tensor.dtype.is_bool):
        raise TypeError(f"{name} must be real numbers, not {tensor.dtype.name}")
    return tensor


def _array(values: Any, name: str) -> np.ndarray:
    try:
        array = np.asarray(values)
    except ValueError:
        raise TypeError(f"{name} must be a regular array of numbers, not {checks.said(values)}") from None
    if array.dtype.kind in "cmMSUO" or np.ma.is_masked(values):
        raise TypeError(f"{name} must be real numbers without gaps, not {checks.said(values)}")
    return array


def _refuse_nan(array: np.ndarray, name: str) -> None:
    if np.isnan(array).any():
        raise ValueError(f"{name} has {np.isnan(array).sum()} values that are NaN: drop or mend them")


def _refuse_no_function(head: Any, where: str) -> None:
    if not callable(head):
        wanted = f"{where} needs a function make_distribution from outputs to a distribution"
        raise TypeError(f"{wanted}, not {checks.said(head)}")


def _finite(number: Any, name: str) -> Any:
    if not isinstance(number, Real) or not np.isfinite(number):
        raise ValueError(f"{name} must be a finite number, not {checks.said(number)}")
    return number


def _distribution(make_distribution: Head, params: Any) -> Distribution:
    distribution = make_distribution(params)
    if not isinstance(distribution, Distribution):
        raise TypeError(f"the head returned {type(distribution).__name__}, and not a TFP distribution")
    return distribution


def _refuse_other_shape(targets: tf.TensorShape, distribution: Distribution) -> None:
    expected = distribution.batch_shape.concatenate(distribution.event_shape)
    if targets.rank == expected.rank and targets.is_compatible_with(expected):
        return
    text = f"the targets have shape {_text(targets)}, {distribution.name} has shape {_text(expected)}"
    if targets.rank == 1 and expected.rank == 2 and expected[1] == 1:
        text += ": they would broadcast to (n, n). Give the targets as a column, y.reshape(-1, 1), and compile anew"
    elif targets.rank == 2 and expected.rank == 1:
        text += ": give the targets as a row of n numbers, y.ravel(), and compile anew"
    raise ValueError(text)


def _text(shape: tf.TensorShape) -> str:
    sizes = ["n" if size is None else str(size) for size in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def _positive_parameters(distribution: Distribution) -> list[tuple[str, tf.Tensor]]:
    given = distribution.parameters
    return [(name, tf.convert_to_tensor(given[name])) for name in MUST_BE_POSITIVE if given.get(name) is not None]


def _counts(distribution: Distribution) -> bool:
    parts = distribution.components if isinstance(distribution, tfd.Mixture) else [distribution]
    return isinstance(parts[-1], COUNTING)


def _cdf(distribution: Distribution, y: np.ndarray) -> np.ndarray:
    """SciPy's cdf of counts: TensorFlow's is wrong by 0.02 at a Poisson mean of 10^6, and by 0.5 at 10^10."""
    if isinstance(distribution, tfd.Poisson):
        return special.pdtr(np.floor(y), distribution.rate_parameter().numpy())
    if isinstance(distribution, tfd.NegativeBinomial):
        failure = special.expit(-distribution.logits_parameter().numpy())
        return special.betainc(distribution.total_count.numpy(), np.floor(y) + 1, failure)
    if isinstance(distribution, tfd.Mixture):
        shares = np.moveaxis(distribution.cat.probs_parameter().numpy(), -1, 0)
        parts = zip(shares, distribution.components, strict=True)
        return sum(share * _cdf(part, y) for share, part in parts)
    return distribution.cdf(tf.cast(y, distribution.dtype)).numpy()


def _possible(distribution: Distribution, y: tf.Tensor) -> tf.Tensor:
    if not _counts(distribution):
        return tf.math.is_finite(y)
    most = {tfd.Bernoulli: lambda: 1, tfd.Categorical: lambda: distribution.logits_parameter().shape[-1] - 1}
    highest = most.get(type(distribution), lambda: y.dtype.max)()
    return (y >= 0) & (y <= highest) & tf.equal(y, tf.round(y))


def _support(distribution: Distribution) -> str:
    if isinstance(distribution, tfd.Bernoulli):
        return "0 and 1"
    if isinstance(distribution, tfd.Categorical):
        return f"the class numbers 0 to {distribution.logits_parameter().shape[-1] - 1}"
    return "whole numbers from 0" if _counts(distribution) else "finite numbers"


def _layer_of(y_pred: Any) -> str:
    # A graph tensor is called "model/layer/operation:0"; an eager tensor has no name.
    name = "" if tf.executing_eagerly() else getattr(y_pred, "name", "")
    path = name.rpartition("/")[0]
    return f"the last layer ({path} in TensorFlow's graph)" if path else "the last layer"


def _assert(good: tf.Tensor, message: str) -> Any:
    wrong = tf.reduce_sum(tf.cast(tf.logical_not(good), tf.int32))
    return tf.debugging.Assert(tf.equal(wrong, 0), [f"NLL: {message}. How many:", wrong])
