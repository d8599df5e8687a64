"""Facts of the lectures on linear and logistic regression that no notebook computes.

The Advertising markets are invented, with the published moments (data/README.md).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from dlhelpers import data

TV, RADIO, NEWSPAPER, SALES = np.genfromtxt(data.bundled_folder() / "advertising.csv", delimiter=",", skip_header=1).T
MEDIA = {"TV": TV, "radio": RADIO, "newspaper": NEWSPAPER}


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def design(*columns):
    return np.column_stack([np.ones(len(columns[0])), *columns])


def fit(X, y):
    """Coefficients and RSS."""
    b = np.linalg.lstsq(X, y, rcond=None)[0]
    return b, float(((y - X @ b) ** 2).sum())


def newton(X, y, steps=30):
    """The coefficients of logistic regression."""
    b = np.zeros(X.shape[1])
    for _ in range(steps):
        p = sigmoid(X @ b)
        b = b - np.linalg.solve((X.T * p * (1 - p)) @ X, X.T @ (p - y))
    return b


def test_F061_F062_F063_sales_on_tv():
    """SE 0.4578 and 0.00269 (σ² is the variance of ε), t 17.668 on 198 degrees of freedom, RSE 3.2587."""
    X = design(TV)
    b, rss = fit(X, SALES)
    se = np.sqrt(rss / 198 * np.diag(np.linalg.inv(X.T @ X)))
    assert se == pytest.approx([0.4578, 0.00269], abs=5e-5) and np.sqrt(rss / 198) == pytest.approx(3.2587, abs=5e-5)
    assert b[1] / se[1] == pytest.approx(17.668, abs=5e-4)
    assert 2 * stats.t.sf(b[1] / se[1], 198) == pytest.approx(1.5e-42, rel=0.05)
    assert np.sqrt(rss / 198 / ((TV - TV.mean()) ** 2).sum()) == pytest.approx(se[1])


def test_F065_the_five_printed_rows():
    """Least squares on the first five markets alone: a 5 x 4 system with an error vector e₁ to e₅."""
    X = design(TV[:5], RADIO[:5], NEWSPAPER[:5])
    b, rss = fit(X, SALES[:5])
    assert X[0].tolist() == [1, 230.1, 37.8, 69.2] and SALES[:5].tolist() == [22.1, 10.4, 9.3, 18.5, 12.9]
    assert b == pytest.approx([-0.14199, 0.07054, 0.23962, -0.04018], abs=1e-5)
    assert rss == pytest.approx(0.28182, abs=1e-5)
    assert SALES[:5] - X @ b == pytest.approx([-0.2674, -0.2021, 0.0146, 0.4088, 0.0461], abs=1e-4)


def test_F069_f_statistic():
    """F = 570.27 on 3 and 196 degrees of freedom."""
    rss, tss = fit(design(*MEDIA.values()), SALES)[1], ((SALES - SALES.mean()) ** 2).sum()
    assert (tss - rss) / 3 / (rss / 196) == pytest.approx(570.27, abs=0.005)


def test_F070_number_of_subsets():
    """40 predictors have more than a trillion subsets; a billion is passed at 30."""
    assert 2**40 == 1_099_511_627_776 and 2**30 > 1e9 > 2**29


def test_F071_forward_and_backward_selection():
    """Forward: TV, radio, newspaper. Backward: newspaper goes first."""
    chosen, left, path = [], dict(MEDIA), []
    while left:
        rss = {name: fit(design(*chosen, column), SALES)[1] for name, column in left.items()}
        best = min(rss, key=rss.get)
        path.append((best, round(rss[best], 1)))
        chosen.append(left.pop(best))
    assert path == [("TV", 2102.5), ("radio", 556.9), ("newspaper", 556.8)]

    X = design(*MEDIA.values())
    b, rss = fit(X, SALES)
    p = 2 * stats.t.sf(abs(b) / np.sqrt(rss / 196 * np.diag(np.linalg.inv(X.T @ X))), 196)
    assert np.argmax(p) == 3 and p[3] == pytest.approx(0.8599, abs=5e-5)
    X = design(TV, RADIO)
    b, rss = fit(X, SALES)
    assert (2 * stats.t.sf(abs(b) / np.sqrt(rss / 197 * np.diag(np.linalg.inv(X.T @ X))), 197) < 1e-10).all()


def test_F072_dummy_columns():
    """One column fewer than levels: β₀ is the mean of the baseline, the others are differences of means."""
    rng = np.random.default_rng(0)
    colour = np.repeat([0, 1, 2, 3], [12, 9, 7, 5])  # brown is the baseline 0
    y = rng.normal(colour, 1)
    dummies = (colour[:, None] == [1, 2, 3]).astype(float)
    means = np.array([y[colour == level].mean() for level in range(4)])
    assert fit(design(dummies), y)[0] == pytest.approx([means[0], *(means[1:] - means[0])])
    all_four = design((colour[:, None] == range(4)).astype(float))
    assert all_four.shape[1] == 5 and np.linalg.matrix_rank(all_four) == 4


def test_F077_coins_in_a_pocket():
    """More small coins mean more money (+0.0533 each), unless the number of coins is held fixed (-0.1967)."""
    values, mean = np.array([1, 5, 10, 25]) / 100, 4.0  # independent Poisson counts with equal means
    small, count = np.array([1, 1, 1, 0]), np.ones(4)

    def cov(a, b):
        return mean * float(a @ b)  # the variance of a Poisson count is its mean

    assert cov(small, values) / cov(small, small) == pytest.approx(0.0533, abs=5e-5)
    gram = [[cov(a, b) for b in (small, count)] for a in (small, count)]
    exact = np.linalg.solve(gram, [cov(small, values), cov(count, values)])
    assert exact == pytest.approx([-0.1967, 0.25], abs=5e-5)
    coins = np.random.default_rng(0).poisson(mean, (50_000, 4))
    total = coins @ values
    assert fit(design(coins @ small), total)[0][1] > 0.04
    assert fit(design(coins @ small, coins @ count), total)[0][1:] == pytest.approx(exact, abs=0.01)


def test_F078_a_coefficient_is_at_fixed_others():
    """Tackles = b₀ + 0.5 weight - 0.1 height: taller players make fewer at equal weight, yet more overall."""
    rng = np.random.default_rng(0)
    height = rng.normal(size=5000)
    weight = 0.8 * height + 0.6 * rng.normal(size=5000)
    tackles = 3 + 0.5 * weight - 0.1 * height + 0.2 * rng.normal(size=5000)
    assert np.corrcoef(height, tackles)[0, 1] > 0.3
    assert fit(design(weight, height), tackles)[0] == pytest.approx([3, 0.5, -0.1], abs=0.02)


def test_F079_least_squares_on_0_1_has_the_direction_of_lda():
    """The slopes are proportional to S⁻¹(m₁ - m₀), exactly."""
    rng = np.random.default_rng(0)
    y = np.repeat([0.0, 1.0], [70, 30])
    x = rng.normal(size=(100, 3)) @ rng.normal(size=(3, 3)) + y[:, None] * [1, -0.5, 2]
    within = sum(np.cov(x[y == k].T) * ((y == k).sum() - 1) for k in (0, 1))
    lda = np.linalg.solve(within, x[y == 1].mean(axis=0) - x[y == 0].mean(axis=0))
    slopes = fit(design(x), y)[0][1:]
    assert slopes / slopes[0] == pytest.approx(lda / lda[0])
    fitted = design(x) @ fit(design(x), y)[0]
    assert fitted.min() < 0 and fitted.max() > 1


def test_F090_F095_signs_and_names_of_the_log_likelihood():
    """log h or log(1 - h) is an example's log-likelihood; its mean is minus the NLL."""
    y, p = np.array([1, 0, 1]), np.array([0.9, 0.2, 0.4])
    likelihoods = np.array([0.9, 0.8, 0.4])
    terms = y * np.log(p) + (1 - y) * np.log(1 - p)
    assert terms == pytest.approx(np.log(likelihoods))
    nll = -np.log(likelihoods.prod()) / 3
    assert terms.mean() == pytest.approx(-nll) and nll > 0


def test_F091_squared_error_through_a_sigmoid_is_not_convex():
    """(σ(θ) - 1)² bends down for θ < -ln 2, the cross-entropy never does."""
    theta, h = np.linspace(-4, 4, 161), 1e-4

    def bend(f):
        return (f(theta + h) - 2 * f(theta) + f(theta - h)) / h**2

    s = sigmoid(theta)
    squared = bend(lambda t: (sigmoid(t) - 1) ** 2)
    assert squared == pytest.approx(-2 * s * (1 - s) ** 2 * (1 - 3 * s), abs=1e-6)
    assert ((squared < 0) == (theta < -np.log(2))).all()
    assert bend(lambda t: -np.log(sigmoid(t))) == pytest.approx(s * (1 - s), abs=1e-6)


def test_F092_gradient_of_the_mean_nll():
    """Xᵀ(p - y)/n, by finite differences."""
    rng = np.random.default_rng(0)
    X, y, b = design(rng.normal(size=(20, 2))), rng.integers(0, 2, 20), rng.normal(size=3)

    def nll(b):
        return np.mean(np.log(1 + np.exp(-(2 * y - 1) * (X @ b))))

    differences = [(nll(b + step) - nll(b - step)) / 2e-6 for step in 1e-6 * np.eye(3)]
    gradient = X.T @ (sigmoid(X @ b) - y) / 20
    assert differences == pytest.approx(gradient, abs=1e-8)
    assert gradient[0] == pytest.approx(np.mean(sigmoid(X @ b) - y)), "the bias"


def test_F097_two_class_softmax_is_a_sigmoid():
    """With zero weights for y = 0, softmax gives σ(θᵀx)."""
    rng = np.random.default_rng(0)
    x, theta = rng.normal(size=(6, 3)), rng.normal(size=3)
    z = np.column_stack([np.zeros(6), x @ theta])
    softmax = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
    assert softmax[:, 1] == pytest.approx(sigmoid(x @ theta))


def test_F098_one_against_rest_need_not_add_to_1():
    """C separate logistic regressions; softmax adds to 1 by construction, they do not."""
    rng = np.random.default_rng(0)
    label = np.repeat([0, 1, 2], 60)
    x = design(rng.normal(size=(180, 2)) + np.array([[0, 1.5], [1.5, -1], [-1.5, -1]])[label])
    p = np.column_stack([sigmoid(x @ newton(x, label == k)) for k in range(3)])
    assert abs(p.sum(axis=1) - 1).max() > 0.1 and (p.argmax(axis=1) == label).mean() > 0.8


def test_F101_logistic_regression_is_not_squashed_least_squares():
    """Least squares on 0/1 and then a sigmoid has other coefficients and a worse likelihood."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=300)
    y = (rng.uniform(size=300) < sigmoid(-1 + 2 * x)).astype(float)
    ols, logistic = fit(design(x), y)[0], newton(design(x), y)

    def nll(b):
        return np.mean(np.log(1 + np.exp(-(2 * y - 1) * (design(x) @ b))))

    assert abs(ols - logistic).min() > 0.5 and nll(ols) > nll(logistic) + 0.1
