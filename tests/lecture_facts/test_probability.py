"""Facts of the lectures about probability, computed."""

import math

import numpy as np
import pytest

JOINT = np.array([[0.1, 0.2], [0.3, 0.4]])  # rows x, columns y


def normal(x, mean=0.0, sd=1.0):
    return np.exp(-0.5 * ((x - mean) / sd) ** 2) / (sd * np.sqrt(2 * np.pi))


def integral(function, low, high, n=200_000):
    """The area under a function by the middle of n strips."""
    width = (high - low) / n
    return float(np.sum(function(low + width * (np.arange(n) + 0.5))) * width)


def test_F022_a_density_may_be_larger_than_1():
    """2 on [0, 1/2], and 3.989 at the peak of N(0, 0.1^2); both areas are 1."""
    assert integral(lambda x: np.full_like(x, 2.0), 0, 0.5) == pytest.approx(1)
    assert normal(0, sd=0.1) == pytest.approx(3.989, abs=1e-3)
    assert integral(lambda x: normal(x, sd=0.1), -2, 2) == pytest.approx(1)


def test_F023_marginal_conditional_and_bayes():
    """Of the table [[.1,.2],[.3,.4]]: p(x) = (0.3, 0.7), p(y=1 | x=0) = 2/3, and Bayes' rule turns it round."""
    assert np.isclose(JOINT.sum(), 1) and np.allclose(JOINT.sum(axis=1), [0.3, 0.7])
    y_given_x = JOINT / JOINT.sum(axis=1, keepdims=True)
    x_given_y = JOINT / JOINT.sum(axis=0)
    assert np.isclose(y_given_x[0, 1], 2 / 3)
    assert np.allclose(y_given_x * JOINT.sum(axis=1, keepdims=True) / JOINT.sum(axis=0), x_given_y)


def test_F024_a_positive_test_for_a_rare_disease():
    """p(+) = 0.010098, printed 0.0101; p(sick | +) = 1/102. The second term counts false positives, not negatives."""
    sick, hit, alarm = 1e-4, 0.99, 0.01
    true_positive, false_positive, false_negative = sick * hit, (1 - sick) * alarm, sick * (1 - hit)
    positive = true_positive + false_positive
    assert math.isclose(positive, 0.010098) and round(positive, 4) == 0.0101
    assert math.isclose(true_positive / positive, 1 / 102) and round(1 / 102, 2) == 0.01 != 1 / 102
    assert not math.isclose(true_positive + false_negative, positive, rel_tol=0.5)


def test_F025_the_test_is_right_for_99_of_100():
    """0.99 for the sick and the healthy alike, so 0.99 for all."""
    assert math.isclose(0.99 * 1e-4 + 0.99 * (1 - 1e-4), 0.99)


def test_F026_positives_among_a_million_people():
    """99 of 100 sick and 9999 of 999 900 healthy people: 99 / 10 098 = 1 / 102."""
    true, false = 100 * 99 // 100, 999_900 // 100
    assert (true, false, true + false) == (99, 9999, 10_098) and (true + false) / true == 102


def test_F027_the_chain_rule_holds_for_any_table():
    """p(a,b,c) = p(a|b,c) p(b|c) p(c); a product of marginals is independent, a random table is not."""
    p = np.random.default_rng(0).random((2, 2, 2))
    p /= p.sum()
    bc, c = p.sum(axis=0), p.sum(axis=(0, 1))
    assert np.allclose((p / bc) * (bc / c) * c, p)
    marginals = [p.sum(axis=axes) for axes in ((1, 2), (0, 2), (0, 1))]
    product = np.einsum("a,b,c->abc", *marginals)
    assert np.isclose(product.sum(), 1) and not np.allclose(product, p)
    assert np.allclose(product / product.sum(axis=0), marginals[0][:, None, None])


def test_F028_mean_and_variance_of_a_die():
    """3.5 and 35/12; the covariance of x with itself is its variance."""
    x = np.arange(1, 7)
    assert x.mean() == 3.5 and math.isclose(x.var(), 35 / 12)
    assert math.isclose(np.mean((x - 3.5) ** 2), x.var()) and math.isclose(np.cov(x, x, bias=True)[0, 1], x.var())


def test_F029_no_covariance_and_yet_dependent():
    """y = s x with a random sign: Cov(x, y) = 0 exactly, but Cov(x^2, y^2) = 4/45."""
    x = (np.arange(2000) + 0.5) / 1000 - 1
    x, y = np.r_[x, x], np.r_[x, -x]
    assert math.isclose(x.var(), 1 / 3, rel_tol=1e-5) and abs(np.mean(x * y)) < 1e-12 and np.array_equal(abs(x), abs(y))
    assert math.isclose(np.cov(x**2, y**2, bias=True)[0, 1], 4 / 45, rel_tol=1e-5)


def test_F030_bernoulli():
    """phi = 0.3: mean 0.3, variance 0.21, and p(x) = phi^x (1 - phi)^(1 - x)."""
    p = {x: 0.3**x * 0.7 ** (1 - x) for x in (0, 1)}
    mean = sum(x * p[x] for x in p)
    assert p == {0: 0.7, 1: 0.3} and math.isclose(mean, 0.3)
    assert math.isclose(sum((x - mean) ** 2 * p[x] for x in p), 0.21)


def test_F031_k_states_have_k_minus_1_free_numbers():
    """The last probability is what the others leave, so they must not sum to more than 1."""
    p = np.array([0.2, 0.5, 0.1])
    assert np.isclose(1 - p.sum(), 0.2) and np.isclose(np.r_[p, 1 - p.sum()].sum(), 1)
    assert 1 - np.array([0.7, 0.5]).sum() < 0


def test_F032_standard_normal_density():
    """0.39894 at its peak, the same by its precision, and 68.27, 95.45, 99.73 % within 1, 2, 3 sd."""
    assert math.isclose(normal(0), 0.39894, abs_tol=1e-5) and np.isclose(integral(normal, -12, 12), 1)
    x, beta = np.linspace(-3, 3, 50), 1 / 0.7**2
    assert np.allclose(np.sqrt(beta / (2 * np.pi)) * np.exp(-beta / 2 * (x - 1) ** 2), normal(x, 1, 0.7))
    inside = [100 * integral(normal, -k, k) for k in (1, 2, 3)]
    assert np.allclose(inside, [68.27, 95.45, 99.73], atol=5e-3)


def test_F033_the_power_in_a_multivariate_normal_is_its_dimension():
    """With (2 pi)^n the density is a product of n normal ones; a fixed power of 2 is off by 2.5066 for n = 3."""
    sd, x = np.array([0.5, 1.0, 2.0]), np.array([0.3, -1.0, 0.7])
    for n, off in ((1, (2 * np.pi) ** -0.5), (2, 1.0), (3, 2.5066)):
        cov, at = np.diag(sd[:n] ** 2), x[:n]
        shape = np.exp(-0.5 * at @ np.linalg.inv(cov) @ at) / np.sqrt(np.linalg.det(cov))
        right = np.prod(normal(at, 0, sd[:n]))
        assert np.isclose(shape * (2 * np.pi) ** (-n / 2), right)
        assert np.isclose(shape * (2 * np.pi) ** -1 / right, off, rtol=1e-4)
    with pytest.raises(np.linalg.LinAlgError):
        np.linalg.inv(np.array([[1.0, 1.0], [1.0, 1.0]]))  # semidefinite: no inverse, no density
