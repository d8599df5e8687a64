"""Facts of the lectures about gradient-based learning and likelihood that serve no lesson, computed."""

import math

import numpy as np


def nudged(function, x, h=1e-6):
    """The derivative by a nudge both ways."""
    return (function(x + h) - function(x - h)) / (2 * h)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def test_F093_F362_the_gaussian_of_maximum_likelihood():
    """Mean and the sd that divides by n; with features the mean is least squares and the variance its mean square."""
    x = np.array([2.0, 3, 5, 10])
    nll = lambda mean, sd: np.mean((x - mean) ** 2 / (2 * sd**2) + np.log(sd))  # noqa: E731
    assert np.isclose(x.mean(), 5) and np.isclose(x.std(), 3.0822, atol=1e-4)
    assert abs(nudged(lambda mean: nll(mean, x.std()), 5.0)) < 1e-6
    assert abs(nudged(lambda sd: nll(5.0, sd), x.std())) < 1e-6
    assert abs(nudged(lambda sd: nll(5.0, sd), x.std(ddof=1))) > 0.01

    rng = np.random.default_rng(0)
    X, y = np.column_stack([np.ones(9), rng.normal(size=9)]), rng.normal(size=9)
    b = np.linalg.lstsq(X, y, rcond=None)[0]
    residuals = y - X @ b
    variance = np.mean(residuals**2)
    of_b = lambda b, v: np.mean((y - X @ b) ** 2 / (2 * v) + np.log(v) / 2)  # noqa: E731
    for direction in np.eye(2):
        assert abs(nudged(lambda h, d=direction: of_b(b + h * d, variance), 0.0)) < 1e-6
    assert abs(nudged(lambda v: of_b(b, v), variance)) < 1e-6


def test_F115_log_sum_exp_is_close_to_the_maximum():
    """At (10, 0, 0) it is 10.0000908, and never more than log n above the largest entry."""
    assert np.isclose(np.logaddexp.reduce([10.0, 0, 0]), 10.0000908, atol=1e-7)
    for z in np.random.default_rng(1).normal(0, 5, (20, 4)):
        assert z.max() < np.logaddexp.reduce(z) <= z.max() + np.log(4)


def test_F161_a_small_step_against_the_slope_lowers_f():
    """f(x + e) is about f(x) + e f'(x), and f(x - e sign f'(x)) < f(x): x = 3, e = 0.01 for the square."""
    slope = nudged(np.square, 3.0)
    assert np.isclose(3.01**2, 9.0601) and np.isclose(9 + 0.01 * slope, 9.06)
    stepped = (3 - 0.01 * np.sign(slope)) ** 2
    assert np.isclose(stepped, 8.9401) and stepped < 9


def test_F163_the_gradient_is_perpendicular_to_the_contour():
    """At (1, 0.5) on w1^2 + 4 w2^2 the gradient is (2, 4), and walking along the contour changes nothing."""
    loss = lambda w: w[0] ** 2 + 4 * w[1] ** 2  # noqa: E731
    angle = np.arctan2(2 * 0.5, 1.0)
    contour = lambda t: np.sqrt(2) * np.array([np.cos(t), np.sin(t) / 2])  # noqa: E731
    assert np.allclose(contour(angle), [1, 0.5]) and np.isclose(loss(contour(0.3)), loss(contour(angle)))
    tangent = nudged(contour, angle)
    gradient = [nudged(lambda a: loss((a, 0.5)), 1.0), nudged(lambda b: loss((1.0, b)), 0.5)]
    assert np.allclose(gradient, [2, 4], atol=1e-5) and abs(gradient @ tangent) < 1e-5
    assert np.isclose(tangent[0] / tangent[1], -2, atol=1e-5)


def test_F165_the_start_decides_between_local_and_global_minimum():
    """Descent on x^4 - 3x^2 + x ends at -1.3008 (J = -3.5139) or at 1.1309 (J = -1.0702)."""
    loss = lambda x: x**4 - 3 * x**2 + x  # noqa: E731
    ends = []
    for x in (-2.0, 2.0):
        for _ in range(2000):
            x -= 0.01 * (4 * x**3 - 6 * x + 1)
        ends.append(x)
    assert np.allclose(ends, [-1.3008, 1.1309], atol=1e-4)
    assert np.allclose([loss(x) for x in ends], [-3.5139, -1.0702], atol=1e-4)


def test_F166_cross_entropy_needs_the_logarithm():
    """J = -E[log p] asks for the true probability; the printed -E[p] asks for certainty."""
    p, q = 0.7, np.linspace(0.01, 0.99, 99)
    assert np.isclose(q[np.argmin(-(p * np.log(q) + (1 - p) * np.log(1 - q)))], 0.7)
    assert np.isclose(q[np.argmin(-(p * q + (1 - p) * (1 - q)))], 0.99)


def test_F167_the_log_is_a_monotone_transform_and_no_rescaling():
    """Product and sum of logs have the same argmax; only the division by m is a rescaling."""
    rng = np.random.default_rng(0)
    x, theta = rng.random(8) < 0.4, np.linspace(0.01, 0.99, 197)
    likelihood = np.prod(np.where(x[:, None], theta, 1 - theta), axis=0)
    log_likelihood = np.sum(np.log(np.where(x[:, None], theta, 1 - theta)), axis=0)
    assert likelihood.argmax() == log_likelihood.argmax() == (log_likelihood / 8).argmax()
    assert np.ptp(log_likelihood / likelihood) > 1  # no constant factor


def test_F170_two_classes_in_one_formula():
    """e^(yz) / (1 + e^z) is sigmoid((2y - 1) z)."""
    z = np.linspace(-5, 5, 11)
    for y in (0, 1):
        assert np.allclose(np.exp(y * z) / (1 + np.exp(z)), sigmoid((2 * y - 1) * z))
    assert not np.allclose(sigmoid(z), sigmoid(-z))


def test_F171_the_bernoulli_nll_is_a_softplus():
    """-log sigmoid((2y - 1) z) = log(1 + e^((1 - 2y) z)); for y = 1 its slope is -1 at -20 and -2.1e-9 at 20."""
    softplus, z = (lambda a: np.logaddexp(0, a)), np.linspace(-5, 5, 11)
    for y in (0, 1):
        assert np.allclose(-np.log(sigmoid((2 * y - 1) * z)), softplus((1 - 2 * y) * z))
    slope = lambda z: nudged(lambda z: softplus(-z), z, 1e-3)  # noqa: E731
    assert np.isclose(slope(-20.0), -1) and np.isclose(slope(20.0), -2.06e-9, rtol=0.01)


def test_F172_squared_error_dies_on_a_saturated_sigmoid():
    """At z = -10 with y = 1 the squared error has slope -9.1e-5, the NLL -0.99995."""
    squared, nll = (lambda z: (1 - sigmoid(z)) ** 2), (lambda z: -np.log(sigmoid(z)))
    assert np.isclose(nudged(squared, -10.0, 1e-4), -9.1e-5, rtol=0.01)
    assert np.isclose(nudged(nll, -10.0, 1e-4), -0.99995, atol=1e-5)


def test_F360_gaussian_nll_of_one_observation():
    """y = 2 under N(1, 0.5^2) costs 2.22579 nats."""
    assert np.isclose((2 - 1) ** 2 / (2 * 0.5**2) + np.log(0.5) + np.log(2 * np.pi) / 2, 2.22579, atol=1e-5)


def test_F175_identical_examples_need_only_one():
    """With m copies of an example, one gives the gradient of all; with different ones it does not."""
    x, y, w = np.array([1.0, 2.0]), 3.0, np.array([0.5, -1.0])
    gradient = lambda X, t: X.T @ (X @ w - t) / len(t)  # noqa: E731
    copies = np.tile(x, (50, 1))
    assert np.allclose(gradient(copies, np.full(50, y)), gradient(x[None], np.array([y])))
    copies[0] = [5, 5]
    assert not np.allclose(gradient(copies, np.full(50, y)), gradient(x[None], np.array([y])))


def test_F176_batch_sizes():
    """The usual 32 to 256 are powers of two; methods of second order need larger batches than gradient steps."""
    assert [2**k for k in range(5, 9)] == [32, 64, 128, 256]
    rng, w, curvatures = np.random.default_rng(1), np.array([0.1, 1.0]), np.array([1.0, 100.0])

    def errors(m):
        """Relative errors of the gradient and of the Newton step H^-1 g, from batches of m."""
        x = rng.normal(size=(200, m, 2)) * np.sqrt(curvatures)
        gradient = np.mean(x * (x @ w)[..., None], axis=1)
        pairs = (gradient, curvatures * w), (gradient / curvatures, w)
        return [np.linalg.norm(found - right, axis=1).mean() / np.linalg.norm(right) for found, right in pairs]

    small, large = errors(100), errors(10_000)
    assert small[1] > 3 * small[0] and large[1] < small[1] / 5


def test_F177_an_epoch_uses_each_example_once():
    """60 000 digits in batches of 128 are 468 full steps and one of 96, and no digit comes twice."""
    order = np.random.default_rng(0).permutation(60_000)
    batches = [order[start : start + 128] for start in range(0, 60_000, 128)]
    assert len(batches) == 469 and [len(batches[0]), len(batches[-1])] == [128, 96]
    assert (np.bincount(np.concatenate(batches)) == 1).all()


def test_F180_numbers_of_weights_of_language_models():
    """GPT-2 of 2019 has 1.5 billion weights, GPT-3 of 2020 has 175 billion: counted from width and depth."""

    def weights(width, depth, tokens=50_257, places=1024):
        return 12 * depth * width**2 + (tokens + places) * width

    assert math.isclose(weights(1600, 48), 1.5e9, rel_tol=0.05)
    assert math.isclose(weights(12_288, 96, places=2048), 175e9, rel_tol=0.01)
