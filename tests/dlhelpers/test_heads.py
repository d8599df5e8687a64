"""Heads: the loss is the likelihood that scipy gives, bad targets and outputs are named, predictions are right."""

import math

import keras
import numpy as np
import pytest
import scipy.special as special
import scipy.stats as stats
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dlhelpers import heads
from dlhelpers.heads import tfd
from tests.dlhelpers.refusals import WHOLE, refused

LOG_RATES = np.array([[-1.0], [0.0], [1.5], [3.0]])
COUNTS = np.array([[0], [2], [3], [25]])


HALF_LOG_2PI = 0.5 * np.log(2 * np.pi)


def softplus(raw):
    return np.logaddexp(0, raw)


def inflated_logpmf(y, log_rate, logit):
    zero = special.expit(logit)
    return np.log(zero * (y == 0) + (1 - zero) * stats.poisson.pmf(y, np.exp(log_rate)))


def mixture_logpdf(y, p):
    logits, means, raw = np.split(p, 3, axis=1)
    log_parts = stats.norm.logpdf(y, means, softplus(raw) + heads.SMALLEST_SCALE)
    return special.logsumexp(special.log_softmax(logits, axis=1) + log_parts, axis=1, keepdims=True)


def binomial_logpmf(y, log_mean, raw):
    total = softplus(raw) + heads.SMALLEST_SCALE
    return stats.nbinom.logpmf(y, total, total / (total + np.exp(log_mean)))


# head, outputs of the network, targets, log-probability by scipy, the same distribution written in TFP
CASES = {
    "normal": (
        heads.normal,
        np.array([[0.0, 0.5], [-3.0, 2.0], [10.0, -1.0]]),
        np.array([[0.3], [1.0], [9.0]]),
        lambda y, p: stats.norm.logpdf(y, p[:, :1], softplus(p[:, 1:]) + 1e-7),
        lambda p: tfd.Normal(p[:, :1], tf.math.softplus(p[:, 1:]) + 1e-7),
    ),
    "normal_mixture": (
        heads.normal_mixture,
        np.array([[0.0, 1.0, -2.0, 3.0, 0.5, 1.0], [0.5, -0.5, 4.0, 4.5, -1.0, 2.0], [-3.0, 3.0, 9.0, 0.0, 0.0, 1.0]]),
        np.array([[0.3], [5.0], [9.0]]),
        lambda y, p: mixture_logpdf(y, p),
        lambda p: tfd.Mixture(
            tfd.Categorical(probs=tf.nn.softmax(p[:, None, :2])),
            [tfd.Normal(p[:, i : i + 1], tf.math.softplus(p[:, i + 2 : i + 3]) + 1e-7) for i in (2, 3)],
        ),
    ),
    "poisson": (
        heads.poisson,
        LOG_RATES,
        COUNTS,
        lambda y, p: stats.poisson.logpmf(y, np.exp(p)),
        lambda p: tfd.Poisson(tf.exp(p)),
    ),
    "negative_binomial": (
        heads.negative_binomial,
        np.hstack([LOG_RATES, [[0.0], [-2.0], [3.0], [1.0]]]),
        COUNTS,
        lambda y, p: binomial_logpmf(y, p[:, :1], p[:, 1:]),
        lambda p: tfd.NegativeBinomial.experimental_from_mean_dispersion(
            tf.exp(p[:, :1]), 1 / (tf.math.softplus(p[:, 1:]) + 1e-7)
        ),
    ),
    "zero_inflated_poisson": (
        heads.zero_inflated_poisson,
        np.hstack([LOG_RATES, [[0.0], [-2.0], [1.0], [-5.0]]]),
        COUNTS,
        lambda y, p: inflated_logpmf(y, p[:, :1], p[:, 1:]),
        lambda p: tfd.Mixture(
            tfd.Categorical(tf.stack([p[:, 1:], 0 * p[:, 1:]], axis=-1)),
            [tfd.Poisson(tf.fill(tf.shape(p[:, :1]), tf.constant(1e-30, p.dtype))), tfd.Poisson(tf.exp(p[:, :1]))],
        ),
    ),
    "bernoulli": (
        heads.bernoulli,
        np.array([[-2.0], [0.0], [3.0]]),
        np.array([[0], [1], [0]]),
        lambda y, p: stats.bernoulli.logpmf(y, special.expit(p)),
        lambda p: tfd.Bernoulli(probs=tf.sigmoid(p)),
    ),
    "categorical": (
        heads.categorical,
        np.array([[0.1, 2.0, -1.0], [0.0, 0.0, 0.0]]),
        np.array([2, 0]),
        lambda y, p: np.take_along_axis(special.log_softmax(p, axis=1), y[:, None], axis=1)[:, 0],
        lambda p: tfd.Categorical(probs=tf.nn.softmax(p)),
    ),
}
ALL = pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
ORDERED = pytest.mark.parametrize("name", [name for name in CASES if name != "categorical"])


def example_losses(head, y, params):
    return heads.nll(head).call(tf.constant(y, tf.float32), tf.constant(params)).numpy()


def small_model(outputs: int) -> keras.Model:
    last = keras.layers.Dense(outputs, kernel_initializer="zeros", name="two_numbers")
    return keras.Sequential([keras.Input((3,)), last])


def inputs(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, 3)).astype("float32")


# The likelihood itself


@ALL
def test_loss_is_scipys_and_tfps_likelihood(case):
    head, params, y, by_scipy, by_tfp = case
    losses = example_losses(head, y, params)
    np.testing.assert_allclose(losses, -by_scipy(y, params).reshape(len(y)), rtol=1e-5)
    other = by_tfp(tf.constant(params)).log_prob(tf.cast(y, by_tfp(tf.constant(params)).dtype))
    np.testing.assert_allclose(losses, -other.numpy().reshape(len(y)), rtol=1e-5)


@ALL
def test_gradients_are_the_slopes_of_scipys_likelihood(case):
    head, params, y, by_scipy, _ = case
    variable = tf.Variable(params)
    with tf.GradientTape() as tape:
        loss = -tf.reduce_sum(head(variable).log_prob(tf.cast(y, head(variable).dtype)))
    gradient = tape.gradient(loss, variable).numpy()
    step = 1e-5
    for index in np.ndindex(params.shape):
        moved = [params.copy(), params.copy()]
        moved[0][index] += step
        moved[1][index] -= step
        slope = -np.sum(by_scipy(y, moved[0]) - by_scipy(y, moved[1])) / (2 * step)
        assert gradient[index] == pytest.approx(slope, rel=1e-4, abs=1e-6)


@ALL
def test_the_loss_of_a_batch_is_the_mean(case):
    head, params, y, by_scipy, _ = case
    loss = heads.nll(head)(y, params.astype("float32"))
    assert float(loss) == pytest.approx(-np.mean(by_scipy(y, params)), rel=1e-5)
    assert loss.dtype == tf.float32


@ALL
def test_sample_weights_multiply_the_examples(case):
    head, params, y, _, _ = case
    weights = np.arange(len(y), dtype="float32")
    loss = heads.nll(head)(y, params.astype("float32"), sample_weight=weights)
    assert float(loss) == pytest.approx(np.mean(weights * example_losses(head, y, params)), rel=1e-5)


@pytest.mark.parametrize(
    ("head", "params", "y", "expected"),
    [
        (heads.poisson, [np.log(1e6)], 1e6, -stats.poisson.logpmf(10**6, 1e6)),
        (heads.poisson, [np.log(1e6)], 0, 1e6),
        (heads.poisson, [-30.0], 0, np.exp(-30)),
        (heads.negative_binomial, [np.log(1e6), 0.0], 1e6, -binomial_logpmf(10**6, np.log(1e6), 0.0)),
        (heads.negative_binomial, [np.log(1e6), 0.0], 0, -binomial_logpmf(0, np.log(1e6), 0.0)),
        (heads.negative_binomial, [1.0, 1e6], 3, -stats.poisson.logpmf(3, np.e)),  # its limit
        (heads.zero_inflated_poisson, [np.log(1e6), 0.0], 1e6, np.log(2) - stats.poisson.logpmf(10**6, 1e6)),
        (heads.zero_inflated_poisson, [np.log(1e6), 0.0], 0, np.log(2)),
        (heads.zero_inflated_poisson, [0.0, -1000.0], 0, 1.0),
        (heads.zero_inflated_poisson, [0.0, 1000.0], 0, 0.0),
        (heads.normal, [5.0, np.log(np.expm1(1e-6 - heads.SMALLEST_SCALE))], 5.0, np.log(1e-6) + HALF_LOG_2PI),
        (heads.normal, [0.0, -1000.0], 1.0, 0.5e14 + np.log(1e-7) + HALF_LOG_2PI),
        (heads.bernoulli, [1000.0], 1, 0.0),
        (heads.bernoulli, [1000.0], 0, 1000.0),
        (heads.bernoulli, [-1000.0], 0, 0.0),
        (heads.categorical, [1000.0, -1000.0, 0.0], 1, 2000.0),
        (heads.categorical, [1000.0, -1000.0, 0.0], 0, 0.0),
    ],
)
def test_extremes_are_exact_and_have_finite_gradients(head, params, y, expected):
    params = tf.Variable([params], dtype=tf.float64)
    target = tf.constant([y] if head is heads.categorical else [[y]], tf.float32)
    with tf.GradientTape() as tape:
        loss = heads.nll(head).call(target, params)
    assert float(loss[0]) == pytest.approx(expected, rel=1e-5, abs=1e-7)
    assert np.all(np.isfinite(tape.gradient(loss, params)))


def test_several_targets_of_an_example_add_up():
    params = np.array([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]])
    y = np.array([[0, 3, 7], [1, 1, 0]])
    expected = -stats.poisson.logpmf(y, np.exp(params)).sum(axis=1)
    np.testing.assert_allclose(example_losses(heads.poisson, y, params), expected, rtol=1e-5)


# In a Keras model


@ALL
@pytest.mark.parametrize("how", ["graph", "eager", "xla"])
def test_models_train_and_the_saved_model_has_the_same_nll(case, how, tmp_path):
    head, params, y, _, _ = case
    x, y = inputs(24), np.tile(y, (24 // len(y), 1)) if y.ndim == 2 else np.tile(y, 24 // len(y))
    model = small_model(params.shape[1])
    mode = {"run_eagerly": how == "eager", "jit_compile": how == "xla"}
    model.compile(keras.optimizers.Adam(0.05), loss=heads.nll(head), **mode)
    before = model.evaluate(x, y, verbose=0)
    model.fit(x, y, epochs=3, verbose=0)
    after = model.evaluate(x, y, verbose=0)
    assert after < before
    predicted = heads.Predictive(head, model.predict(x, verbose=0))
    assert predicted.nll(y) == pytest.approx(after, rel=1e-4)

    if how == "graph":
        model.save(tmp_path / "model.keras")
        loaded = keras.models.load_model(tmp_path / "model.keras")
        assert loaded.evaluate(x, y, verbose=0) == pytest.approx(after, rel=1e-6)
        assert loaded.loss.make_distribution is head


def test_your_own_registered_head_is_saved_with_the_model(tmp_path):
    @keras.saving.register_keras_serializable("tests")
    def laplace(params):
        return tfd.Laplace(params[:, :1], heads.positive(params[:, 1:]))

    x, y = inputs(8), np.ones((8, 1))
    model = small_model(2)
    model.compile("adam", loss=heads.nll(laplace))
    model.fit(x, y, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    assert loaded.evaluate(x, y, verbose=0) == pytest.approx(model.evaluate(x, y, verbose=0), rel=1e-6)
    assert heads.Predictive(laplace, model.predict(x, verbose=0)).mean().shape == (8,)


def test_a_constant_spread_is_the_same_for_all_and_reaches_least_squares(tmp_path):
    keras.utils.set_random_seed(1)
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 1)).astype("float32")
    y = 3 * x + 1 + 0.5 * rng.normal(size=(200, 1)).astype("float32")
    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1), heads.AppendConstant(initial=1.0)])
    rate = keras.optimizers.schedules.CosineDecay(0.1, 300)
    model.compile(keras.optimizers.Adam(rate), loss=heads.nll(heads.normal), steps_per_execution=25)
    model.fit(np.tile(x, (25, 1)), np.tile(y, (25, 1)), batch_size=200, epochs=12, shuffle=False, verbose=0)
    slope, intercept = np.polyfit(x[:, 0], y[:, 0], 1)
    sd = np.std(y[:, 0] - slope * x[:, 0] - intercept)
    predicted = heads.Predictive(heads.normal, model.predict(np.array([[0.0], [1.0]]), verbose=0))
    np.testing.assert_allclose(predicted.mean(), [intercept, intercept + slope], atol=1e-3)
    np.testing.assert_allclose(predicted.sd(), [sd, sd], rtol=1e-3)

    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded.predict(x, verbose=0), model.predict(x, verbose=0))


def test_constants_declare_their_shape():
    layer = heads.AppendConstant(2, initial=-1.0)
    assert layer.compute_output_shape((None, 3)) == (None, 5)
    assert layer(np.zeros((4, 3), "float32")).shape == (4, 5)
    assert heads.AppendConstant.from_config(layer.get_config()).initial == -1.0


# Mistakes


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize(
    ("head", "outputs", "shape", "message"),
    [
        (heads.normal, 2, (32,), r"targets have shape \(32,\), Normal has shape \(32, 1\).*reshape\(-1, 1\)"),
        (heads.poisson, 1, (32,), r"broadcast to \(n, n\)"),
        (heads.categorical, 5, (32, 1), r"\(32, 1\), Categorical has shape \(32,\).*y.ravel\(\)"),
        (heads.normal, 2, (32, 2), r"targets have shape \(32, 2\)"),
        (heads.normal, 3, (32, 1), r"normal needs outputs of shape \(n, 2\).*\(32, 3\).*Dense\(2\)"),
    ],
)
def test_targets_of_another_shape_are_refused_at_the_first_batch(head, outputs, shape, message, eager):
    model = small_model(outputs)
    model.compile("adam", loss=heads.nll(head), run_eagerly=eager)
    with pytest.raises(ValueError, match=message):
        model.fit(inputs(32), np.zeros(shape), verbose=0)


def test_without_the_refusal_the_loss_would_be_that_of_all_pairs():
    y, mean = np.arange(4.0), np.arange(4.0)[:, None]
    assert tfd.Normal(mean, 1.0).log_prob(y).shape == (4, 4)
    with pytest.raises(ValueError, match="broadcast"):
        heads.nll(lambda params: tfd.Normal(params, 1.0))(y, mean)


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize(
    ("head", "outputs", "x", "y", "message"),
    [
        (heads.normal, 2, np.nan, 0.0, "outputs of the network are NaN or infinite; look at the last layer"),
        (lambda p: tfd.Normal(p[:, :1], p[:, 1:]), 2, 1.0, 0.0, "scale of Normal is not positive; pass it through"),
        (lambda p: tfd.Poisson(p), 1, 1.0, 0.0, "rate of Poisson is not positive"),
        (heads.poisson, 1, 1.0, -1.0, "targets are impossible under Poisson, which takes whole numbers from 0"),
        (heads.poisson, 1, 1.0, 0.5, "targets are impossible under Poisson"),
        (heads.zero_inflated_poisson, 2, 1.0, 0.5, "targets are impossible under ZeroInflatedPoisson"),
        (heads.bernoulli, 1, 1.0, 2.0, "targets are impossible under Bernoulli, which takes 0 and 1"),
        (heads.normal, 2, 1.0, np.nan, "targets are impossible under Normal, which takes finite numbers"),
    ],
)
def test_outputs_and_targets_without_likelihood_are_named(head, outputs, x, y, message, eager):
    model = small_model(outputs)
    model.compile("adam", loss=heads.nll(head), run_eagerly=eager)
    with pytest.raises(tf.errors.InvalidArgumentError) as error:
        model.fit(np.full((32, 3), x), np.full((32, 1), y), verbose=0)
    assert message in str(error.value)
    if "last layer" in message and not eager:
        assert "two_numbers" in str(error.value)


def test_a_class_number_too_high_is_named():
    model = small_model(3)
    model.compile("adam", loss=heads.nll(heads.categorical))
    with pytest.raises(tf.errors.InvalidArgumentError, match="class numbers 0 to 2"):
        model.fit(inputs(32), np.full(32, 3), verbose=0)


# Predictions


def frozen(name: str):
    """The distributions of CASES[name] as scipy writes them; None where scipy has none."""
    p = CASES[name][1]
    if name == "normal":
        return stats.norm(p[:, 0], softplus(p[:, 1]) + 1e-7)
    if name == "poisson":
        return stats.poisson(np.exp(p[:, 0]))
    if name == "negative_binomial":
        total = softplus(p[:, 1]) + 1e-7
        return stats.nbinom(total, total / (total + np.exp(p[:, 0])))
    return stats.bernoulli(special.expit(p[:, 0])) if name == "bernoulli" else None


@pytest.mark.parametrize("name", ["normal", "poisson", "negative_binomial", "bernoulli"])
def test_predictions_are_scipys(name):
    head, params, y, _, _ = CASES[name]
    predicted, truth = heads.Predictive(head, params), frozen(name)
    np.testing.assert_allclose(predicted.mean(), truth.mean(), rtol=1e-6)
    np.testing.assert_allclose(predicted.sd(), truth.std(), rtol=1e-6)
    for q in (0.025, 0.3, 0.5, 0.9, 0.999):
        np.testing.assert_allclose(predicted.quantile(q), truth.ppf(q), rtol=1e-6)
    np.testing.assert_allclose(predicted.cdf(y), truth.cdf(y[:, 0]), rtol=1e-6)
    assert predicted.quantile([0.1, 0.5, 0.9]).shape == (3, len(params))
    assert np.array_equal(predicted.interval(), predicted.interval(0.95))
    low, high = predicted.interval(0.8)
    np.testing.assert_allclose((low, high), (truth.ppf(0.1), truth.ppf(0.9)), rtol=1e-6)


def test_zero_inflated_predictions_have_the_moments_of_the_mixture():
    predicted = heads.Predictive(*CASES["zero_inflated_poisson"][:2])
    p = CASES["zero_inflated_poisson"][1]
    zero, rate = special.expit(p[:, 1]), np.exp(p[:, 0])
    np.testing.assert_allclose(predicted.mean(), (1 - zero) * rate)
    np.testing.assert_allclose(predicted.sd() ** 2, (1 - zero) * rate * (1 + zero * rate))
    for q in (0.05, 0.5, 0.95):
        quantile = predicted.quantile(q)
        assert np.all(predicted.cdf(quantile) >= q)
        assert np.all(predicted.cdf(quantile - 1) < q)


def test_a_mixture_far_from_its_target_is_still_finite():
    params = np.array([[0.0, 3.0, -1.0, 1.0, -2.0, 0.0]])
    predicted = heads.Predictive(heads.normal_mixture, params)
    assert predicted.nll([1000.0]) == pytest.approx(-mixture_logpdf(1000.0, params)[0, 0], rel=1e-9)
    one = heads.Predictive(heads.normal_mixture, [[7.0, 2.0, 0.5]])
    assert one.log_prob([1.5]) == pytest.approx(heads.Predictive(heads.normal, [[2.0, 0.5]]).log_prob([1.5]))


@ALL
def test_log_probability_density_and_nll_agree(case):
    head, params, y, by_scipy, _ = case
    predicted = heads.Predictive(head, params)
    expected = by_scipy(y, params).reshape(len(y))
    np.testing.assert_allclose(predicted.log_prob(y), expected, rtol=1e-6)
    np.testing.assert_allclose(predicted.log_prob(y.ravel()), expected, rtol=1e-6)
    assert predicted.nll(y) == pytest.approx(-expected.mean())
    table = predicted.density(y.ravel())
    assert table.shape == (len(params), len(y))
    np.testing.assert_allclose(np.log(np.diag(table)), expected, rtol=1e-6)


@pytest.mark.parametrize("name", ["poisson", "negative_binomial", "zero_inflated_poisson", "categorical"])
def test_impossible_values_have_no_probability(name):
    table = heads.Predictive(*CASES[name][:2]).density([-1, 0, 0.5])
    assert np.all(table[:, [0, 2]] == 0)
    assert np.all(table[:, 1] > 0)


@ORDERED
def test_samples_have_the_predicted_moments_and_repeat(name):
    predicted = heads.Predictive(*CASES[name][:2])
    draws = predicted.sample(4_000, seed=3)
    assert draws.shape == (4_000, len(CASES[name][1]))
    error = predicted.sd() / np.sqrt(len(draws))
    assert np.all(np.abs(draws.mean(axis=0) - predicted.mean()) < 5 * error)
    np.testing.assert_array_equal(draws, predicted.sample(4_000, seed=3))
    assert np.any(draws != predicted.sample(4_000, seed=4))


def test_quantiles_of_any_distribution_come_from_its_cdf():
    def two_bumps(params):
        parts = tfd.Normal(tf.stack([params - 5, params + 5], axis=-1), tf.constant(1.0, tf.float64))
        return tfd.MixtureSameFamily(tfd.Categorical(probs=tf.constant([0.5, 0.5], tf.float64)), parts)

    predicted = heads.Predictive(two_bumps, np.array([[0.0], [100.0]]))
    np.testing.assert_allclose(predicted.quantile(0.25), [-5.0, 95.0], atol=1e-6)
    np.testing.assert_allclose(predicted.cdf(predicted.quantile(0.9)), 0.9, atol=1e-9)


def test_classes_have_no_mean():
    predicted = heads.Predictive(*CASES["categorical"][:2])
    np.testing.assert_allclose(predicted.density(range(3)).sum(axis=1), 1.0)
    assert set(np.unique(predicted.sample(100))) <= {0, 1, 2}
    for ask in (predicted.mean, predicted.sd, lambda: predicted.quantile(0.5), lambda: predicted.cdf([0, 1])):
        with pytest.raises(ValueError, match="classes have no order"):
            ask()


@pytest.mark.parametrize(
    ("head", "params", "message"),
    [
        (heads.poisson, np.zeros((0, 1)), r"outputs of n examples are needed, not shape \(0, 1\)"),
        (heads.poisson, 1.0, r"outputs of n examples are needed, not shape \(\)"),
        (heads.poisson, [[np.nan], [1.0]], "outputs of 1 of 2 examples are NaN"),
        (heads.normal, [[1.0], [1.0]], r"normal needs outputs of shape \(n, 2\)"),
        (heads.normal, [1.0, 1.0], r"normal needs outputs of shape \(n, 2\)"),
        (lambda p: tfd.Normal(p[:, :1], p[:, 1:]), [[0.0, -1.0]], "scale of Normal is not positive"),
    ],
)
def test_outputs_that_are_no_distribution_are_refused(head, params, message):
    with pytest.raises(ValueError, match=message):
        heads.Predictive(head, params)


@pytest.mark.parametrize("name", CASES)
def test_heads_and_predictions_name_outputs_that_they_cannot_use(name):
    head, good = CASES[name][:2]
    wrong = ["text", None, {}, object(), [[1.0], [1.0, 2.0]], good.astype(str), good + 1j, good[:, 0], 3.0]
    for bad in wrong:
        refused(lambda: head(bad), "params", name)  # noqa: B023
        refused(lambda: heads.Predictive(head, bad), "params", name)  # noqa: B023
    for bad in (good * np.nan, good - np.inf, np.ma.masked_less(good, 9), good[:0]):
        refused(lambda: heads.Predictive(head, bad), "params")  # noqa: B023
    for bad in (None, "normal", 3, tuple()):
        refused(lambda: heads.Predictive(bad, good), "make_distribution")  # noqa: B023
        refused(lambda: heads.nll(bad), "make_distribution")  # noqa: B023
    assert heads.Predictive(head, good.astype("float16")).sample(2).shape == (2, len(good))


def test_messages_of_heads_say_what_to_do():
    with pytest.raises(TypeError, match="returned .*Tensor.* and not a TFP distribution"):
        heads.nll(lambda params: params)(np.zeros((2, 1)), np.zeros((2, 1)))
    with pytest.raises(ValueError, match="at least 2 classes.*Dense.classes., or take heads.bernoulli"):
        heads.categorical([[1.0], [2.0]])
    predicted = heads.Predictive(heads.poisson, LOG_RATES)
    with pytest.raises(ValueError, match=r"targets of shape \(2,\) do not fit predictions of shape \(4, 1\)"):
        predicted.nll([1, 2])
    with pytest.raises(ValueError, match="takes whole numbers from 0"):
        predicted.nll([0, 1, 2, 0.5])


@settings(deadline=None, derandomize=True, database=None, max_examples=12)
@given(st.sampled_from(["float32", "float64", "int64"]), st.lists(st.integers(-(10**6), 10**6), max_size=5))
def test_positive_takes_any_number(dtype, numbers):
    raw = np.array(numbers, dtype)
    result = heads.positive(raw).numpy()
    assert result.shape == raw.shape and np.all(result > 0)
    assert np.allclose(result, np.logaddexp(0, raw.astype(float)) + 1e-7, rtol=1e-5)


def test_positive_keeps_nan_and_refuses_what_is_no_number():
    assert np.isnan(heads.positive(np.nan)) and np.isposinf(heads.positive(np.inf))
    for bad in ("1", None, 1j, ["a"], [[1], [1, 2]], object()):
        refused(lambda: heads.positive(bad), "raw")  # noqa: B023


@settings(deadline=None, derandomize=True, database=None, max_examples=60)
@given(st.sampled_from([name for name in CASES if name != "categorical"]), st.data())
def test_predictions_are_finite_and_ordered_for_all_finite_outputs(name, drawing):
    width = CASES[name][1].shape[1]
    params = drawing.draw(hnp.arrays(float, (3, width), elements=st.floats(-1000, 1000) | st.floats(-30, 30)))
    try:
        predicted = heads.Predictive(getattr(heads, name), params)
    except ValueError as error:
        assert "overflows: a log rate is too large" in str(error) and params[:, 0].max() > 300
        return
    try:
        low, middle, high = predicted.quantile([0.1, 0.5, 0.9])
    except ValueError as error:
        assert "is NaN, its numbers are too large" in str(error) and params[:, 0].max() > 30
        return
    assert np.all((low <= middle) & (middle <= high)) and np.isfinite([low, high]).all()
    for result in (predicted.mean(), predicted.sd(), predicted.cdf(middle), predicted.sample(2)):
        assert np.isfinite(result).all()
    assert np.all(predicted.cdf([-np.inf] * 3) == 0) and np.all(predicted.cdf([np.inf] * 3) == 1)
    assert np.all(predicted.density([-np.inf, np.inf]) == 0)


@pytest.mark.parametrize(
    ("argument", "ask", "wrong"),
    [
        ("q", lambda p, bad: p.quantile(bad), [0, 1, -1, math.nan, "0.5", None, [[0.5]], [], [0.5] * 1001, 1j]),
        ("level", lambda p, bad: p.interval(bad), [0, 1, -0.5, math.nan, math.inf, "0.9", None]),
        ("y", lambda p, bad: p.cdf(bad), [[math.nan, 1], 1, [1], "ab", ["a", "b"], None, [1, 1j], [[1, 2]], [None, 1]]),
        ("y", lambda p, bad: p.log_prob(bad), [[math.nan, 1], [math.inf, 1], 1, ["a", "b"], [[1, 2]], [-1, 0]]),
        ("y", lambda p, bad: p.nll(bad), [[math.nan, 1], [1], ["1", "2"], {}]),
        ("values", lambda p, bad: p.density(bad), [[math.nan], 1, ["1"], [[1]], None, [1j], {1}]),
        ("size", lambda p, bad: p.sample(bad), WHOLE),
        ("seed", lambda p, bad: p.sample(1, seed=bad), [1.5, math.nan, "1", None, 2**40]),
    ],
)
def test_questions_that_have_no_answer_name_the_argument(argument, ask, wrong):
    predicted = heads.Predictive(heads.poisson, LOG_RATES[:2])
    for bad in wrong:
        refused(lambda: ask(predicted, bad), f"{argument}:", f"{argument} ")  # noqa: B023


@pytest.mark.parametrize("mean", [1.0, 1e3, 1e6, 1e9, 1e12])
def test_large_counts_have_the_cdf_of_scipy(mean):
    y = np.floor(mean + np.array([-2, -0.5, 0, 1, 3]) * np.sqrt(mean)).clip(0)
    ones, total = np.ones((5, 1)), np.logaddexp(0, 2.0) + heads.SMALLEST_SCALE
    poisson = heads.Predictive(heads.poisson, ones * np.log(mean))
    inflated = heads.Predictive(heads.zero_inflated_poisson, np.hstack([ones * np.log(mean), 0 * ones]))
    spread = heads.Predictive(heads.negative_binomial, np.hstack([ones * np.log(mean), 2 * ones]))
    by_scipy = stats.poisson(mean), stats.nbinom(total, total / (total + mean))
    assert np.allclose(poisson.cdf(y), by_scipy[0].cdf(y), atol=1e-6)
    assert np.allclose(inflated.cdf(y), 0.5 + 0.5 * by_scipy[0].cdf(y), atol=1e-6)
    assert np.allclose(spread.cdf(y), by_scipy[1].cdf(y), atol=1e-6)
    assert np.allclose(poisson.quantile(0.9), by_scipy[0].ppf(0.9), atol=1e-4 * np.sqrt(mean), rtol=0)


def test_a_mean_that_is_not_finite_has_no_quantile_by_search():
    def cauchy_pair(params):
        both = heads.tfd.Cauchy(tf.stack([params, params], axis=-1), tf.constant(1.0, tf.float64))
        return heads.tfd.MixtureSameFamily(heads.tfd.Categorical(logits=tf.zeros(2, tf.float64)), both)

    refused(lambda: heads.Predictive(cauchy_pair, np.zeros((2, 1))).quantile(0.3), "params")


def test_constants_name_what_they_cannot_use():
    for bad in WHOLE:
        refused(lambda: heads.AppendConstant(bad), "count")  # noqa: B023
    for bad in (math.nan, math.inf, "0", None, [1.0]):
        refused(lambda: heads.AppendConstant(initial=bad), "initial")  # noqa: B023
    for shape in ((3,), (2, 3, 4)):
        refused(lambda: heads.AppendConstant().build(shape), "inputs")  # noqa: B023
    result = heads.AppendConstant(2, initial=-1e38)(np.array([[np.nan], [1.0]], "float32")).numpy()
    assert np.isnan(result[0, 0]) and np.all(result[:, 1:] == np.float32(-1e38))
