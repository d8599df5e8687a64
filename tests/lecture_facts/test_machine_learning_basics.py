"""Facts of the lectures on machine-learning basics and metrics that no notebook computes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

TN, FP, FN, TP = 50, 10, 5, 35


def test_F042_squared_error_is_reducible_plus_irreducible():
    """The expected squared error at x is (f - prediction)² plus the variance of the noise, least at f = E[Y|x]."""
    f, sd = 2.0, 0.7
    values, weights = np.polynomial.hermite_e.hermegauss(20)
    weights = weights / weights.sum()

    def error(prediction):
        return weights @ (f + sd * values - prediction) ** 2

    assert error(1.5) == pytest.approx(0.25 + 0.49)
    guesses = np.linspace(0, 4, 401)
    assert guesses[np.argmin([error(guess) for guess in guesses])] == pytest.approx(f)


def test_F043_a_window_average_estimates_the_conditional_mean():
    """The mean of Y over a window around 4 comes to f(4) when n grows and the window shrinks."""
    rng = np.random.default_rng(0)

    def miss(n, width, redraws=40):
        errors = []
        for _ in range(redraws):
            x = rng.uniform(0, 8, n)
            y = x**2 + rng.normal(0, 2, n)
            errors.append(y[abs(x - 4) < width].mean() - 16)
        return np.sqrt(np.mean(np.square(errors)))

    assert miss(20_000, 0.2) < 0.15 < 0.3 < miss(200, 0.2)
    assert miss(20_000, 3.0) > 1, "a wide window is biased: the mean of x² over it is larger than 4²"


def test_F044_a_tenth_of_the_data_is_not_local_in_many_dimensions():
    """A cube with 10 % of uniform data has the side 0.1^(1/p)."""
    sides = [0.1 ** (1 / p) for p in (1, 2, 3, 10, 100)]
    assert np.round(sides, 3).tolist() == [0.1, 0.316, 0.464, 0.794, 0.977]
    inside = (np.random.default_rng(0).uniform(size=(20_000, 10)) < sides[3]).all(axis=1)
    assert inside.mean() == pytest.approx(0.1, abs=0.01)


def test_F045_a_linear_model_has_one_parameter_more_than_features():
    """p slopes and an intercept."""
    for p in (1, 3, 7):
        design = np.column_stack([np.ones(20), np.random.default_rng(p).normal(size=(20, p))])
        assert len(np.linalg.lstsq(design, np.arange(20.0), rcond=None)[0]) == p + 1


def test_F047_degree_n_minus_1_goes_through_n_points():
    """Zero training error, and useless between the points."""
    rng = np.random.default_rng(1)
    x = np.linspace(-1, 1, 12)
    y = rng.normal(size=12)  # nothing but noise, so the best prediction is 0 with an error of 1
    fit = np.polynomial.Polynomial.fit(x, y, 11)
    assert np.mean((fit(x) - y) ** 2) < 1e-18
    fresh = np.linspace(-0.99, 0.99, 500)
    assert np.mean((fit(fresh) - rng.normal(size=500)) ** 2) > 3


def test_F050_share_of_the_data_used_for_training():
    """Each fold of K trains on (K - 1)/K of the data."""
    for k, share in [(5, 0.8), (10, 0.9), (200, 199 / 200)]:
        folds = np.array_split(np.random.default_rng(0).permutation(200), k)
        assert [1 - len(fold) / 200 for fold in folds] == pytest.approx([share] * k)
        assert sorted(np.concatenate(folds)) == list(range(200))


def test_F051_F052_rates_of_a_confusion_table():
    """Accuracy, recall, specificity, precision, FPR, FNR and F of TN 50, FP 10, FN 5, TP 35."""
    recall, specificity, precision = TP / (TP + FN), TN / (TN + FP), TP / (TP + FP)
    assert (TP + TN) / 100 == 0.85 and recall == 0.875
    assert round(specificity, 4) == 0.8333 and round(precision, 4) == 0.7778
    assert FP / (FP + TN) == pytest.approx(1 - specificity) and FN / (FN + TP) == pytest.approx(1 - recall)
    f = 2 / (1 / precision + 1 / recall)
    assert f == pytest.approx(2 * TP / (2 * TP + FP + FN)) and round(f, 4) == 0.8235


def test_F052_F_is_never_above_the_arithmetic_mean():
    """And it is 0 if there are no true positives."""
    for tp, fp, fn in itertools.product([1, 5, 40], [0, 3, 60], [0, 2, 70]):
        recall, precision = tp / (tp + fn), tp / (tp + fp)
        assert 2 * tp / (2 * tp + fp + fn) <= (recall + precision) / 2 + 1e-12
    assert 2 * 0 / (2 * 0 + 3 + 4) == 0


def test_F053_accuracy_misleads_for_a_rare_disease():
    """With one ill person in 10 000, always saying healthy is right for 99.99 % and finds nobody."""
    ill = np.arange(10_000) == 0
    called = np.zeros(10_000, dtype=bool)
    assert (called == ill).mean() == 0.9999 and called[ill].mean() == 0


def test_F054_error_rate_is_the_mean_zero_one_loss():
    """It is 1 - accuracy."""
    y, guess = np.array([0, 1, 2, 1, 0]), np.array([0, 2, 2, 1, 1])
    zero_one = np.where(y == guess, 0, 1)
    assert zero_one.mean() == pytest.approx(1 - (y == guess).mean()) == pytest.approx(0.4)


def roc(y, score):
    """False positive rates and recalls when the threshold falls, from (0, 0) on."""
    ordered = y[np.argsort(-score, kind="stable")]
    start = np.zeros(1)
    return np.r_[start, np.cumsum(1 - ordered) / (1 - y).sum()], np.r_[start, np.cumsum(ordered) / y.sum()]


def area(y, score):
    fpr, recall = roc(y, score)
    return float(np.sum(np.diff(fpr) * (recall[1:] + recall[:-1]) / 2))


def test_F055_area_under_the_roc_curve():
    """From (0, 0) to (1, 1); 1 for a perfect order, 0 for a reversed one, one half for random scores."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 4000)
    fpr, recall = roc(y, rng.normal(size=4000))
    assert (fpr[0], recall[0], fpr[-1], recall[-1]) == (0, 0, 1, 1)
    assert area(y, y + rng.uniform(0, 0.5, 4000)) == pytest.approx(1)
    assert area(y, -y + rng.uniform(0, 0.5, 4000)) == pytest.approx(0)
    assert area(y, rng.normal(size=4000)) == pytest.approx(0.5, abs=0.03)
    score = y + rng.normal(0, 1, 4000)
    assert area(y, score) == pytest.approx((score[y == 1][:, None] > score[y == 0]).mean())


def test_F056_no_free_lunch():
    """Over all 2^4 labellings of 4 unseen points, any rule errs on exactly half of them."""
    labellings = np.array(list(itertools.product([0, 1], repeat=4)))
    for rule in labellings:
        assert (labellings != rule).mean() == 0.5


def test_F057_uniform_pixels_are_not_near_the_data():
    """Smooth images lie near a thin manifold: uniform noise has neighbouring pixels without any relation."""
    rng = np.random.default_rng(0)
    noise = rng.uniform(size=(50, 28, 28))
    rows, columns = np.mgrid[:28, :28]
    centre = rng.uniform(8, 20, (50, 2, 1, 1))
    strokes = np.exp(-((rows - centre[:, 0]) ** 2 + (columns - centre[:, 1]) ** 2) / 30)

    def neighbours(images):
        return np.corrcoef(images[:, :, 1:].ravel(), images[:, :, :-1].ravel())[0, 1]

    def components_for_90_percent(images):
        values = np.linalg.svd(images.reshape(50, -1) - images.reshape(50, -1).mean(axis=0), compute_uv=False) ** 2
        return int(np.searchsorted(np.cumsum(values) / values.sum(), 0.9)) + 1

    assert abs(neighbours(noise)) < 0.02 < 0.9 < neighbours(strokes)
    assert components_for_90_percent(strokes) < 10 < 35 < components_for_90_percent(noise)


def test_F058_training_accuracy_is_optimistic():
    """On average over redraws, accuracy (1/n) Σ I(ŷ = y) is higher on the training points than on fresh ones."""
    rng = np.random.default_rng(0)
    trained, fresh = [], []
    for _ in range(200):
        x, y = rng.normal(size=(30, 8)), np.repeat([-1.0, 1.0], 15)
        x[:, 0] += 0.5 * y
        b = np.linalg.lstsq(np.c_[np.ones(30), x], y, rcond=None)[0]
        x_new, y_new = rng.normal(size=(200, 8)), np.repeat([-1.0, 1.0], 100)
        x_new[:, 0] += 0.5 * y_new
        trained.append(np.mean(np.sign(np.c_[np.ones(30), x] @ b) == y))
        fresh.append(np.mean(np.sign(np.c_[np.ones(200), x_new] @ b) == y_new))
    assert np.mean(trained) > np.mean(fresh) + 0.1
