"""Slips of the lectures' slides: what is printed is wrong, what the map of the lectures has instead is right.

The slips of docs/lecture_map.md that a program can be right or wrong about, such as `test_M03_...`; the others, such as
a name, an index or a date, have their line on that page only. Numbers are in the slide's own units.
"""

import math

import numpy as np
import pytest

from dlhelpers import data


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def slope(function, x, h=1e-4):
    return (function(x + h) - function(x - h)) / (2 * h)


def regression(columns, y):
    """Coefficients and standard errors of a least-squares fit with an intercept."""
    X = np.column_stack([np.ones(len(y)), *columns])
    b = np.linalg.solve(X.T @ X, X.T @ y)
    variance = np.sum((y - X @ b) ** 2) / (len(y) - X.shape[1])
    return b, np.sqrt(variance * np.diag(np.linalg.inv(X.T @ X)))


def advertising():
    table = data.load_advertising()
    return (table[name].to_numpy() for name in table.columns[:4])


def test_M01_the_corner_of_the_product_is_14():
    """11 is printed: 3 + 8, the second matrix's first column without the weight 2."""
    product = np.array([[2, 1], [0, 3]]) @ np.array([[3, 1, 7], [8, 2, 4]])
    assert product[0, 0] == 2 * 3 + 1 * 8 == 14 and 3 + 8 == 11


def test_M02_tanh_is_not_a_relu():
    """max(0, z) is printed; tanh is (e^z - e^-z) / (e^z + e^-z), negative on the left and never above 1."""
    z = np.array([-2.0, 3.0])
    formula = (np.exp(z) - np.exp(-z)) / (np.exp(z) + np.exp(-z))
    assert np.allclose(np.tanh(z), formula) and not np.allclose(np.maximum(0, z), formula)


def test_M03_the_printed_product_belongs_to_280():
    """319 x 320 x 3 = 267 960 is printed; that is 319 x 280 x 3."""
    assert 319 * 280 * 3 == 267_960 and 319 * 320 * 3 == 306_240


def test_M04_the_effect_of_radio_starts_at_its_own_coefficient():
    """19 + 1.1 TV is printed; 19 is TV's coefficient, radio's is 29 (per 1000 dollars)."""
    tv, radio, _, sales = advertising()
    _, of_tv, of_radio, together = regression([tv, radio, tv * radio], sales)[0] * 1000
    assert round(of_radio) == 29 and round(of_tv) == 19 and round(together, 1) == 1.1


def test_M05_the_factor_of_a_gaussian_has_the_power_n():
    """sqrt((2 pi)^2 |S|) is printed for every n; it is right in two dimensions only."""
    x = np.linspace(-10, 10, 20_001)
    dx = x[1] - x[0]

    def area(power):
        return np.sum(np.exp(-(x**2) / 2)) * dx / math.sqrt((2 * math.pi) ** power)

    assert math.isclose(area(1), 1) and not math.isclose(area(2), 1, rel_tol=0.5)


def test_M06_cross_entropy_needs_the_logarithm():
    """-E[q] is printed; its smallest value is at certainty, that of -E[log q] at the true probability."""
    p, q = 0.7, np.linspace(0.001, 0.999, 999)
    printed, right = -(p * q + (1 - p) * (1 - q)), -(p * np.log(q) + (1 - p) * np.log(1 - q))
    assert q[printed.argmin()] > 0.99 and math.isclose(q[right.argmin()], p, abs_tol=0.001)


def test_M07_the_number_of_multisets():
    """1000^1000 / 1000! (10^432.4) is printed; C(1999, 1000), 10^600.0, counts what repeats."""

    def log10(value):
        return value / math.log(10)

    assert round(log10(1000 * math.log(1000) - math.lgamma(1001)), 1) == 432.4
    assert round(log10(math.lgamma(2000) - math.lgamma(1001) - math.lgamma(1000)), 1) == 600.0
    assert 3**3 % math.factorial(3) and math.comb(5, 3) == 10


def test_M08_the_product_unit_needs_curvature_at_0():
    """mu = 1 / (4 lambda^2 h''(0)) has no condition there; sigmoid and tanh have no curvature at 0, softplus has."""

    def bend(h):
        return (h(1e-3) - 2 * h(0.0) + h(-1e-3)) / 1e-6

    assert abs(bend(sigmoid)) < 1e-6 and abs(bend(np.tanh)) < 1e-6
    assert math.isclose(bend(lambda z: np.logaddexp(0, z)), 0.25, rel_tol=1e-3)


def test_M09_the_variance_is_the_square():
    """sigma = Var(e) is printed; Var(e) is sigma^2."""
    errors = np.random.default_rng(0).normal(0, 3, 100_000)
    assert math.isclose(errors.var(), 3**2, rel_tol=0.03)


def test_M12_a_correlation_rounded_up_that_rounds_down():
    """0.0567 is printed; it is 0.05665, which is 0.0566 to four places."""
    tv, _, newspaper, _ = advertising()
    r = np.corrcoef(tv, newspaper)[0, 1]
    assert math.isclose(r, 0.056648, abs_tol=1e-6) and f"{r:.4f}" == "0.0566"


def test_M13_t_values_cannot_be_had_from_rounded_errors():
    """SE 0.002 and 0.000 are printed; 0.0015 and 0.000052 give the t values that stand beside them."""
    tv, radio, _, sales = advertising()
    b, error = regression([tv, radio, tv * radio], sales)
    assert f"{error[1]:.4f}" == "0.0015" and f"{error[3]:.6f}" == "0.000052"
    assert b[1] / error[1] > 12 > 10 > b[1] / 0.002


def test_M14_healthy_and_positive_is_a_false_positive():
    """False negative is printed; 1 of the 102 positives is ill, 0.0098."""
    ill = np.array([True] + [False] * 101)
    positive = np.ones(102, bool)
    assert np.sum(positive & ~ill) == 101 and np.sum(~positive & ill) == 0 and f"{ill.mean():.4f}" == "0.0098"


def test_M15_one_against_the_rest_has_separate_sigmoids():
    """The softmax formula is printed; C separate sigmoids need not add up to 1."""
    z = np.array([1.0, 2.0, -0.5])
    softmax = np.exp(z) / np.exp(z).sum()
    assert math.isclose(softmax.sum(), 1) and not math.isclose(sigmoid(z).sum(), 1, rel_tol=0.1)


def test_M17_a_matrix_times_a_vector_is_a_vector():
    """The table W_ij x_j is printed for Wx; its row sums are Wx."""
    W, x = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([5.0, 6.0])
    assert (W * x).shape == (2, 2) and (W * x).sum(axis=1).tolist() == (W @ x).tolist() == [17, 39]


def test_M18_a_jacobian_has_a_row_for_each_output():
    """dx/dy is printed; for y = Ax the Jacobian dy/dx is A, which need not even have an inverse."""
    A = np.array([[1.0, 2.0, 0.0], [0.0, 1.0, -1.0]])
    columns = [slope(lambda t, k=k: A @ (t * np.eye(3)[k]), 0.7) for k in range(3)]
    assert np.allclose(np.transpose(columns), A)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.inv(A)


def test_M20_gradients_of_layers_need_transposes():
    """The products without them hold for single numbers; for matrices the shapes do not even fit."""
    x, W = np.ones((5, 3)), np.ones((3, 2))
    error = np.ones((5, 2))
    assert (x.T @ error).shape == W.shape
    with pytest.raises(ValueError, match="mismatch"):
        x @ error


def test_M23_performance_on_the_training_set_flatters():
    """A nearest neighbour is right on every training point, also where labels are coin tosses."""
    rng = np.random.default_rng(0)
    x, x_new = rng.normal(size=(2, 300, 2))
    y, y_new = rng.integers(0, 2, (2, 300))

    def nearest(points):
        return y[np.linalg.norm(points[:, None] - x, axis=2).argmin(axis=1)]

    assert np.mean(nearest(x) == y) == 1 and 0.4 < np.mean(nearest(x_new) == y_new) < 0.6


def test_M24_adagrad_divides_by_the_root():
    """The sum of squares is printed; with the root a step does not depend on the scale of the gradients."""

    def step(g, power):
        return g[-1] / np.sum(np.square(g)) ** power

    g = np.array([0.5, -1.0, 2.0])
    assert math.isclose(step(g, 0.5), step(10 * g, 0.5)) and math.isclose(step(g, 1), 10 * step(10 * g, 1))


def test_M26_a_bias_should_avoid_saturation():
    """To cause it is printed; a saturated sigmoid has a slope near 0, so nothing is learned."""
    assert slope(sigmoid, 0.0) > 0.2 and slope(sigmoid, 10.0) < 1e-4


def test_M27_the_root_has_no_slope_at_0():
    """A gradient is printed there; the slope grows without bound, so batch norm adds a small number under the root."""
    assert slope(np.sqrt, 1e-12, 5e-13) > 1e5 and math.isfinite(slope(lambda z: np.sqrt(z + 1e-3), 0.0))


def test_M28_the_order_of_a_composition():
    """(f o g)(x) is printed for g(f(x)); in general they differ."""

    def f(x):
        return x + 1

    def g(x):
        return 2 * x

    assert g(f(3)) == 8 != f(g(3)) == 7


def test_M31_a_change_by_signs_costs_the_l1_norm():
    """eps |w| is printed; eps sign(w) changes w'x by eps times the sum of absolute weights."""
    w, eps = np.array([3.0, -4.0]), 0.1
    assert math.isclose(w @ (eps * np.sign(w)), 0.7) and not math.isclose(eps * np.linalg.norm(w), 0.7)


def test_M33_parameters_of_gpt2():
    """1.5 thousand million are printed for 2020; that is GPT-2 of 2019, computed here from its shape."""
    d, blocks = 1600, 48
    block = 4 * d * d + 4 * d + 8 * d * d + 5 * d + 4 * d
    assert 50_257 * d + 1024 * d + blocks * block + 2 * d == 1_557_611_200


def test_M36_the_sign_before_the_logarithm():
    """The logarithm of a probability is negative, so a loss needs the minus."""
    assert math.log(0.8) < 0 < -math.log(0.8)


def test_M39_the_sigmoid_is_no_quotient_of_equals():
    """p / p is printed; e^z / (1 + e^z) is the sigmoid."""
    z = 1.3
    assert math.isclose(math.exp(z) / (1 + math.exp(z)), sigmoid(z)) and not math.isclose(sigmoid(z), 1, rel_tol=0.1)


def test_M42_a_mean_does_not_grow_with_the_data():
    """The 1/n is missing; a sum doubles when the data are doubled, and with it each step."""
    losses = np.array([0.2, 0.5, 1.1])
    twice = np.tile(losses, 2)
    assert math.isclose(twice.mean(), losses.mean()) and math.isclose(twice.sum(), 2 * losses.sum())


def test_M43_the_sigmoid_saturates_where_z_is_very_negative():
    """Very small is printed; near 0 its slope is largest."""
    assert slope(sigmoid, 1e-6) > 0.249 and slope(sigmoid, -12.0) < 1e-4


def test_M45_only_a_square_matrix_of_full_rank_has_an_inverse():
    """x = A^-1 b is printed for m x n."""
    for A in (np.ones((3, 2)), np.array([[1.0, 2.0], [2.0, 4.0]])):
        with pytest.raises(np.linalg.LinAlgError):
            np.linalg.inv(A)


def test_M46_two_to_the_40_is_over_a_billion_indeed():
    """True and far too modest: it is over a thousand billions."""
    assert 2**40 == 1_099_511_627_776 > 1000 * 10**9


def test_M47_the_logarithm_of_a_likelihood_is_no_likelihood():
    """log h is printed as the likelihood of an example; likelihoods of examples multiply, their logarithms add up."""
    h = np.array([0.9, 0.6, 0.8])
    assert math.isclose(math.log(h.prod()), np.log(h).sum()) and np.log(h).max() < 0 < h.min()


def test_M48_logistic_regression_is_not_a_line_and_then_a_sigmoid():
    """A sigmoid behind a least-squares line has a higher NLL than weights fitted by likelihood."""
    x, y = np.array([0.0, 1.0, 2.0, 3.0, 20.0]), np.array([0, 1, 0, 1, 1])
    X = np.column_stack([np.ones(5), x])

    def nll(b):
        return -np.mean(np.log(np.where(y == 1, sigmoid(X @ b), 1 - sigmoid(X @ b))))

    line, fitted = np.linalg.lstsq(X, y, rcond=None)[0], np.zeros(2)
    for _ in range(5000):
        fitted -= 0.02 * X.T @ (sigmoid(X @ fitted) - y) / 5
    assert nll(fitted) < nll(line) - 0.05


def test_M49_the_logarithm_is_monotone_not_a_rescaling():
    """The logarithm keeps the place of the maximum; it is no constant factor."""
    likelihood = np.array([0.1, 0.5, 0.3])
    ratio = np.log(likelihood) / likelihood
    assert np.log(likelihood).argmax() == likelihood.argmax() and np.ptp(ratio) > 1


def test_M56_gradients_vanish_in_any_deep_chain():
    """Particular to recurrent networks is printed; fifty layers of sigmoids with weights of their own do it as well."""
    rng = np.random.default_rng(0)
    gradient, h = 1.0, 0.3
    for weight in rng.normal(size=50):
        h = sigmoid(weight * h)
        gradient *= weight * h * (1 - h)
    assert abs(gradient) < 0.25**20


def test_M57_a_table_of_n_pixels_has_one_number_less():
    """2^N and 2^n - 1 are both printed; the probabilities add up to 1, so the second is right."""
    assert all(2**n - 1 == sum(2**k for k in range(n)) for n in range(1, 10))


def test_M58_the_bound_is_highest_where_the_kl_is_smallest():
    """Maximise the KL distance is printed; log p(x) = ELBO + KL to the posterior, so it is minimised."""
    mean = np.linspace(-1, 3, 401)
    kl = (mean - 0.8) ** 2 / (2 / 3)  # of N(mean, 1/3) to the posterior N(0.8, 1/3)
    elbo = -1.60167 - kl
    assert elbo.argmax() == kl.argmin() and math.isclose(mean[kl.argmin()], 0.8)


def test_M61_exact_gradients_do_not_help_against_local_minima():
    """Automatic differentiation gives gradients; two starts still end in minima of different height."""

    def f(w):
        return w**4 - 2 * w**2 + 0.3 * w

    def gradient(w):
        return 4 * w**3 - 4 * w + 0.3

    ends = []
    for w in (-2.0, 2.0):
        for _ in range(2000):
            w -= 0.01 * gradient(w)
        ends.append(w)
    assert all(abs(gradient(w)) < 1e-9 for w in ends) and f(ends[1]) > f(ends[0]) + 0.4
