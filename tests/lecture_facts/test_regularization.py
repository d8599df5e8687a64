"""Facts of the lectures about regularization, computed."""

import itertools

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.neural_network import MLPClassifier

RNG = np.random.default_rng(0)
X = RNG.normal(size=(40, 3))
Y = X @ [1.5, -0.7, 0.0] + 0.3 * RNG.normal(size=40)
H, XY = X.T @ X / 40, X.T @ Y / 40  # of the loss |y - Xw|^2 / 2n


def softmax(z):
    """Probabilities from the logits of a row, or of several."""
    powers = np.exp(z - z.max(axis=-1, keepdims=True))
    return powers / powers.sum(axis=-1, keepdims=True)


def ridge(alpha):
    """The minimum of the squared loss plus alpha |w|^2 / 2."""
    return np.linalg.solve(H + alpha * np.eye(3), XY)


def soft_threshold(w, by):
    """Move w towards zero, and stop there."""
    return np.sign(w) * np.maximum(abs(w) - by, 0)


def masks(n):
    """All 2^n ways to keep some of n units."""
    return np.array(list(itertools.product([0, 1], repeat=n)))


def test_F238_weight_decay_shrinks_by_a_factor():
    """Without a gradient, w <- (1 - eps alpha) w: for 0.1 and 0.5 that is 0.95 a step, 0.5987 after ten."""
    w, eps, alpha = 1.0, 0.1, 0.5
    for _ in range(10):
        w -= eps * alpha * w
    assert np.isclose(1 - eps * alpha, 0.95) and np.isclose(w, 0.5987, atol=5e-5)


def test_F239_weight_decay_leads_to_ridge_regression():
    """w <- (1 - eps alpha) w - eps grad converges to (H + alpha I)^-1 X'y / n."""
    w, eps, alpha = np.zeros(3), 0.1, 0.4
    for _ in range(2000):
        w = (1 - eps * alpha) * w - eps * (H @ w - XY)
    assert np.allclose(w, ridge(alpha)) and not np.allclose(w, ridge(0), atol=0.05)


def test_F240_penalties_on_a_quadratic():
    """Of w* = (2, 0.4) with eigenvalues 1 and alpha 1, L2 leaves (1, 0.2) and L1 leaves (1, 0): sparse."""
    best, eigenvalues, alpha = np.array([2, 0.4]), np.ones(2), 1.0
    grid = np.linspace(-1, 3, 4001)
    for k, (l2, l1) in enumerate(zip((1, 0.2), (1, 0), strict=True)):
        quadratic = eigenvalues[k] * (grid - best[k]) ** 2 / 2
        assert np.isclose(grid[np.argmin(quadratic + alpha * grid**2 / 2)], l2, atol=1e-3)
        assert np.isclose(grid[np.argmin(quadratic + alpha * abs(grid))], l1, atol=1e-3)
    assert np.allclose(eigenvalues / (eigenvalues + alpha) * best, [1, 0.2])
    assert soft_threshold(best, alpha / eigenvalues).tolist() == [1, 0]


def test_F241_the_gradient_of_L1_keeps_its_size():
    """Steps of constant size reach exactly 0; those of L2 fade with the weight and never do."""
    l1 = l2 = 0.4
    for _ in range(100):
        l1, l2 = soft_threshold(l1, 0.1 * 0.1), l2 - 0.1 * 0.1 * l2
    assert l1 == 0 and l2 > 0.1


def test_F242_biases_stay_free():
    """With a free bias, 100 more on every target changes the bias and nothing else; a punished bias spoils the fit."""

    def fit(y, on_bias):
        design = np.column_stack([X, np.ones(40)])
        return np.linalg.solve(design.T @ design / 40 + np.diag([0.5, 0.5, 0.5, on_bias]), design.T @ y / 40)

    assert np.allclose(fit(Y + 100, 0) - fit(Y, 0), [0, 0, 0, 100])
    assert fit(Y + 100, 0.5)[3] < 70 and not np.allclose(fit(Y + 100, 0.5)[:3], fit(Y, 0.5)[:3], atol=0.1)


def test_F242_factor_of_two_in_the_penalty():
    """A penalty a |w|^2, as in Keras, has the gradient of alpha |w|^2 / 2 for a = alpha / 2."""
    alpha, w, step = 0.3, np.array([0.5, -2.0]), 1e-6
    keras_like = [((alpha / 2) * (w + step * e) @ (w + step * e) - (alpha / 2) * w @ w) / step for e in np.eye(2)]
    assert np.allclose(keras_like, alpha * w, atol=1e-5)


def test_F243_strength_of_a_norm_penalty():
    """alpha = 0 is no penalty; the larger it is, the smaller the weights."""
    assert np.allclose(ridge(0), np.linalg.lstsq(X, Y, rcond=None)[0])
    norms = [np.linalg.norm(ridge(alpha)) for alpha in (0, 0.1, 1, 10, 100)]
    assert norms == sorted(norms, reverse=True) and norms[-1] < 0.05 * norms[0]


def test_F244_input_noise_is_a_weight_penalty():
    """For a linear model the expected squared loss with noise N(0, s^2) on the inputs is MSE + s^2 |w|^2."""
    w, s = np.array([1.0, -0.5, 2.0]), 0.4
    signs = s * (2 * masks(3) - 1)  # mean 0 and variance s^2, independent: the expectation is a finite sum
    noisy = np.mean([np.mean((Y - (X + noise) @ w) ** 2) for noise in signs])
    assert np.isclose(noisy, np.mean((Y - X @ w) ** 2) + s**2 * w @ w)


def test_F245_two_conventions_of_label_smoothing():
    """eps / (k - 1) and 1 - eps are 0.0111 and 0.9; Keras mixes with 1 / k, and agrees for s = eps k / (k - 1)."""
    k, eps = 10, 0.1
    targets = np.where(np.arange(k) == 3, 1 - eps, eps / (k - 1))
    mixed = lambda s: (1 - s) * np.eye(k)[3] + s / k  # noqa: E731
    assert np.isclose(targets.sum(), 1) and np.isclose(targets[0], 0.0111, atol=5e-5)
    assert np.isclose(mixed(0.1)[3], 0.91) and np.isclose(mixed(0.1)[0], 0.01)
    assert np.allclose(mixed(eps * k / (k - 1)), targets) and np.isclose(eps * k / (k - 1), 0.1111, atol=5e-5)


def test_F246_optimum_of_the_smoothed_cross_entropy():
    """The best prediction is the targets themselves, and its loss their entropy 0.5448, not 0."""
    targets = np.array([0.9] + [0.1 / 9] * 9)
    z = np.zeros(10)
    for _ in range(2000):
        z -= softmax(z) - targets
    loss = -targets @ np.log(softmax(z))
    assert np.allclose(softmax(z), targets, atol=1e-4) and np.isclose(loss, 0.5448, atol=5e-5)


def test_F247_augmentation_keeps_the_label_only_while_the_class_stays():
    """A shift keeps shape and ink, and so the class; half a turn makes a 9 of a 6."""
    six = np.array([[1, 1, 1], [1, 0, 0], [1, 1, 1], [1, 0, 1], [1, 1, 1]])
    nine = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1], [0, 0, 1], [1, 1, 1]])
    image = np.pad(six, 2)
    moved = np.roll(image, 1, axis=1)
    assert moved.shape == image.shape and moved.sum() == image.sum() and (moved[2:-2, 3:-1] == six).all()
    assert (np.rot90(six, 2) == nine).all()


def test_F248_early_stopping_returns_the_best_weights():
    """On noisy targets with many inputs, the validation loss turns; the weights kept are from its minimum."""
    rng = np.random.default_rng(1)
    x, x_val = rng.normal(size=(2, 25, 20))
    y, y_val = (inputs[:, 0] + rng.normal(size=25) for inputs in (x, x_val))
    w, kept, losses = np.zeros(20), None, []
    for _ in range(500):
        losses.append(np.mean((x_val @ w - y_val) ** 2))
        if losses[-1] == min(losses):
            kept = w
        w = w - 0.1 * x.T @ (x @ w - y) / 25
    assert np.isclose(np.mean((x_val @ kept - y_val) ** 2), min(losses))
    assert 0 < np.argmin(losses) < 400 and losses[-1] > 1.2 * min(losses)


def test_F249_the_second_training_takes_the_validation_data():
    """Training again on training and validation data lowers the error on the test data, which stay out."""
    rng, errors = np.random.default_rng(2), []
    for _ in range(100):
        x = rng.normal(size=(60, 10))
        y = x[:, 0] + rng.normal(size=60)
        fits = [np.linalg.lstsq(x[:n], y[:n], rcond=None)[0] for n in (20, 30)]
        errors.append([np.mean((x[30:] @ w - y[30:]) ** 2) for w in fits])
    first, second = np.mean(errors, axis=0)
    assert second < 0.9 * first


def test_F250_early_stopping_resembles_weight_decay():
    """20 steps of 0.1 with eigenvalues 1 and 0.1 give (0.878, 0.182) of w*; L2 of 1 / (eps T) gives (0.667, 0.167)."""
    eigenvalues, eps, steps = np.array([1, 0.1]), 0.1, 20
    w = np.zeros(2)
    for _ in range(steps):
        w -= eps * eigenvalues * (w - 1)
    assert np.allclose(w, [0.878, 0.182], atol=5e-4) and np.allclose(w, 1 - (1 - eps * eigenvalues) ** steps)
    assert np.allclose(eigenvalues / (eigenvalues + 1 / (eps * steps)), [0.667, 0.167], atol=5e-4)


def test_F251_a_bootstrap_sample_holds_63_percent():
    """N draws with replacement hold 1 - (1 - 1/N)^N of the examples, which tends to 1 - 1/e."""
    n = 1000
    shares = [len(np.unique(np.random.default_rng(seed).integers(n, size=n))) / n for seed in range(50)]
    assert np.isclose(np.mean(shares), 1 - (1 - 1 / n) ** n, atol=0.01)
    assert np.isclose(1 - (1 - 1 / n) ** n, 0.632, atol=5e-4)


def test_F252_error_of_an_average_of_models():
    """k errors with variance v and covariance c average to v/k + (k-1) c/k: v/k for c = 0, no gain for c = v."""
    k, v = 5, 2.0
    for c in (0.0, 0.7, v):
        covariance = np.full((k, k), c) + (v - c) * np.eye(k)
        weights = np.full(k, 1 / k)
        assert np.isclose(weights @ covariance @ weights, v / k + (k - 1) * c / k)
    assert np.isclose(v / k + (k - 1) * v / k, v)


@pytest.mark.parametrize(("kept", "rate"), [(0.5, 0.5), (0.8, 0.2)])
def test_F253_probability_of_keeping_a_unit(kept, rate):
    """Hidden units stay with probability 0.5 and inputs with 0.8: dropout rates of 0.5 and 0.2."""
    mask = np.random.default_rng(0).uniform(size=100_000) >= rate
    assert np.isclose(mask.mean(), kept, atol=0.01)


def test_F254_number_of_subnetworks():
    """n units have 2^n subnetworks: 16 for four, 1 048 576 for twenty."""
    assert len(np.unique(masks(4), axis=0)) == 16 and 2**20 == 1_048_576


def test_F255_weighting_is_exact_for_a_linear_unit():
    """The mean over all masks is one pass with inputs times p; behind a ReLU it is not."""
    x, w, p = np.array([1.0, -2.0, 0.5, 3.0]), np.array([0.3, 0.8, -1.0, 0.4]), 0.8
    all_masks = masks(4)
    chances = np.prod(np.where(all_masks == 1, p, 1 - p), axis=1)
    outputs = (all_masks * x) @ w
    assert np.isclose(chances @ outputs, (p * x) @ w)
    assert not np.isclose(chances @ np.maximum(outputs, 0), max((p * x) @ w, 0), atol=0.05)


def test_F256_the_geometric_mean_over_masks_halves_the_inputs():
    """For softmax and p = 1/2 the normalised geometric mean is exact; the arithmetic mean is only close."""
    x, W = RNG.normal(size=5), RNG.normal(size=(5, 3))
    outputs = softmax((masks(5) * x) @ W)
    geometric = np.exp(np.log(outputs).mean(axis=0))
    one_pass = softmax(x / 2 @ W)
    assert np.allclose(geometric / geometric.sum(), one_pass)
    assert not np.allclose(outputs.mean(axis=0), one_pass, atol=1e-3)
    assert np.allclose(outputs.mean(axis=0), one_pass, atol=0.15)


def test_F257_scaling_in_training_or_at_test_time():
    """Inputs divided by the share kept in training need no weighting later: both ways differ by that factor alone."""
    x, w, kept = np.array([1.0, -2.0, 0.5]), np.array([0.3, 0.8, -1.0]), 0.8
    all_masks = masks(3)
    chances = np.prod(np.where(all_masks == 1, kept, 1 - kept), axis=1)
    in_training = chances @ ((all_masks * x / kept) @ w)
    assert np.isclose(in_training, x @ w) and np.isclose(chances @ ((all_masks * x) @ w), kept * x @ w)


def test_F258_the_fast_gradient_sign_step_is_the_worst_in_its_box():
    """For a linear loss, no change of at most eps in each pixel raises it more than eps times the gradient's signs."""
    gradient, eps = RNG.normal(size=8), 0.007
    changes = eps * (2 * masks(8) - 1)
    step = eps * np.sign(gradient)
    assert np.isclose(gradient @ step, (changes @ gradient).max()) and abs(step).max() == eps


def test_F259_change_of_a_linear_unit():
    """It is eps times the L1 norm of w, which is eps m n for n weights of mean size m; the L2 norm is far smaller."""
    eps, w = 0.007, np.random.default_rng(0).normal(size=784)
    change = (0.5 + eps * np.sign(w)) @ w - np.full(784, 0.5) @ w
    assert np.isclose(change, eps * np.linalg.norm(w, 1)) and np.isclose(change, eps * abs(w).mean() * 784)
    assert change > 10 * eps * np.linalg.norm(w)


@pytest.mark.filterwarnings("ignore:.*Maximum iterations")
def test_F260_F261_adversarial_digits():
    """A 64-64-10 net is right on 97 % of clean digits and on few after steps of 0.2; no true label is needed."""
    digits = load_digits()
    x, y = digits.data / 16, digits.target
    net = MLPClassifier(64, max_iter=40, learning_rate_init=0.01, random_state=0, tol=0)
    net.fit(x[:1257], y[:1257])
    x, y = x[1257:], y[1257:]
    (W, U), (b, c) = net.coefs_, net.intercepts_

    def attacked(eps, labels):
        hidden = x @ W + b
        delta = (softmax(np.maximum(hidden, 0) @ U + c) - np.eye(10)[labels]) @ U.T * (hidden > 0)
        return np.clip(x + eps * np.sign(delta @ W.T), 0, 1)

    right = [net.score(attacked(eps, y), y) for eps in (0, 0.05, 0.1, 0.2)]
    assert right[0] > 0.9 and right == sorted(right, reverse=True) and right[-1] < 0.1
    own = net.predict(x)  # the virtual adversarial example: away from the net's own answer
    assert np.mean(net.predict(attacked(0.2, own)) == own) < 0.1
