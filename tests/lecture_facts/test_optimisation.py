"""Facts of the lectures about optimisation for deep learning that serve no lesson, computed."""

import math

import numpy as np


def relu(a):
    return np.maximum(a, 0)


def network(x, W, b, u, activation=relu):
    return activation(x @ W + b) @ u


def drawn(seed=0, units=3):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(20, 2)), rng.normal(size=(2, units)), rng.normal(size=units), rng.normal(size=units)


def test_F292_permuting_hidden_units_changes_nothing():
    """m layers of n units have (n!)^m equal settings: 36 for n = 3, m = 2; 1.3168e13 for n = 10."""
    x, W, b, u = drawn()
    order = [2, 0, 1]
    assert np.allclose(network(x, W, b, u), network(x, W[:, order], b[order], u[order]))
    assert not np.allclose(network(x, W, b, u), network(x, W[:, order], b[order], u))
    assert math.factorial(3) ** 2 == 36 and math.isclose(math.factorial(10) ** 2, 1.3168e13, rel_tol=1e-4)


def test_F293_scaling_in_by_alpha_and_out_by_its_inverse():
    """The output stays for ReLU and for linear units, not for tanh."""
    x, W, b, u = drawn()
    same = [
        np.allclose(network(x, W, b, u, f), network(x, 3 * W, 3 * b, u / 3, f)) for f in (relu, lambda a: a, np.tanh)
    ]
    assert same == [True, True, False]


def test_F296_performance_on_the_training_set_says_little():
    """On random labels a nearest neighbour is perfect in training and guesses on new data: measure on the test set."""
    rng = np.random.default_rng(0)
    (x, y), (x_new, y_new) = [(rng.normal(size=(200, 2)), rng.integers(0, 2, 200)) for _ in range(2)]

    def neighbour(points):
        return y[((points[:, None] - x) ** 2).sum(axis=2).argmin(axis=1)]

    assert (neighbour(x) == y).all() and 0.35 < (neighbour(x_new) == y_new).mean() < 0.65


def test_F297_the_nll_goes_on_when_no_training_error_is_left():
    """Logistic regression, separable classes: training errors reach 0, NLL and test errors still fall."""
    rng = np.random.default_rng(4)

    def sample(n):
        y = np.arange(n) % 2
        return rng.normal(size=(n, 2)) * [1.0, 0.1] + np.array([0, 0.2]) * (2 * y - 1)[:, None] + [0.3, 0], y

    (x, y), (x_new, y_new) = sample(16), sample(4000)
    w, records = np.array([1.0, 0.0]), []
    for _ in range(4000):
        p = 1 / (1 + np.exp(-x @ w))
        errors = [np.mean((points @ w > 0) != labels) for points, labels in ((x, y), (x_new, y_new))]
        records.append([np.logaddexp(0, -(2 * y - 1) * (x @ w)).mean(), *errors])
        w = w - x.T @ (p - y) / len(y)
    nll, training, test = np.array(records).T
    first = np.argmax(training == 0)
    assert (training[first:] == 0).all() and 0 < first < 3000
    assert nll[-1] < 0.5 * nll[first] and test[-1] < test[first]


def test_F302_uniform_start_with_one_over_root_n():
    """784 inputs: r = 0.035714 and variance r^2 / 3 = 1 / (3 * 784) = 4.25e-4."""
    r = 784**-0.5
    assert np.isclose(r, 0.035714, atol=1e-6) and np.isclose(r**2 / 3, 4.25e-4, rtol=1e-3)
    drawn_weights = np.random.default_rng(0).uniform(-r, r, 200_000)
    assert np.isclose(drawn_weights.var(), 1 / (3 * 784), rtol=0.01)


def test_F303_normalised_start():
    """784 inputs, 128 outputs: r = sqrt(6 / 912) = 0.081111 and variance 2 / 912 = 0.0021930."""
    r = np.sqrt(6 / (784 + 128))
    assert np.isclose(r, 0.081111, atol=1e-6) and np.isclose(r**2 / 3, 0.0021930, atol=1e-7)
    assert np.isclose(np.random.default_rng(0).uniform(-r, r, 200_000).var(), 2 / 912, rtol=0.01)


def test_F306_output_bias_from_the_marginal():
    """10 % positives: logit -2.1972; softmax: log frequencies. A larger bias saturates, which is to be avoided."""
    b = math.log(0.1 / 0.9)
    assert math.isclose(b, -2.1972, abs_tol=1e-4)
    frequencies = np.array([0.5, 0.3, 0.2])
    e = np.exp(np.log(frequencies))
    assert np.allclose(e / e.sum(), frequencies)
    y = np.random.default_rng(0).normal(5, 1, 100)
    offsets = np.linspace(3, 7, 401)
    assert abs(offsets[((y[:, None] - offsets) ** 2).mean(axis=0).argmin()] - y.mean()) < 0.01
    sigmoid = lambda z: 1 / (1 + math.exp(-z))  # noqa: E731
    assert sigmoid(10 * b) * (1 - sigmoid(10 * b)) < 1e-8 < sigmoid(b) * (1 - sigmoid(b))


def test_F309_delta_bar_delta():
    """Same sign of the slope: raise the rate; change of sign: lower it. A rate that starts too large recovers."""

    def end(adapt, w=1.0, rate=1.2, before=0.0):
        for _ in range(30):
            slope = 2 * w
            if adapt:
                rate = rate * 0.5 if slope * before < 0 else rate + 0.02
            w, before = w - rate * slope, slope
        return abs(w)

    assert end(False) > 1e3 and end(True) < 1e-3


def test_F310_no_optimiser_is_best_everywhere():
    """With the best of nine rates each, AdaGrad wins on a badly scaled bowl, plain descent on a round one."""

    def best(method, scales):
        found = []
        for rate in 10.0 ** np.linspace(-3, 1, 9):
            w, total = np.array([1.0, 0.3]), np.zeros(2)
            for _ in range(50):
                g = scales * w
                total = total + g**2
                w = w - rate * (g if method == "plain" else g / np.sqrt(total + 1e-12))
                w = np.clip(w, -1e9, 1e9)
            found.append((scales * w**2).sum())
        return min(found)

    scaled, round_bowl = np.array([1.0, 1000.0]), np.array([0.99, 0.99])
    assert best("AdaGrad", scaled) < 0.5 * best("plain", scaled)
    assert best("plain", round_bowl) < 0.5 * best("AdaGrad", round_bowl)


def chain(w, x=1.0):
    return x * np.prod(w)


def test_F313_the_first_order_promise_of_a_step():
    """x w1 ... w10 with w = 1.1: a step that promises -0.1 gives -0.0983, one that promises -1 gives -0.843."""
    w = np.full(10, 1.1)
    g = chain(w) / w
    for promise, real in ((0.1, -0.0983), (1.0, -0.843)):
        step = promise / (g @ g)
        assert np.isclose(chain(w - step * g) - chain(w), real, atol=6e-4)
    e = 1e-4
    pair = chain(w[2:]) * e**2 * g[0] * g[1]
    both, first, second = w.copy(), w.copy(), w.copy()
    both[:2] -= e * g[:2]
    first[0] -= e * g[0]
    second[1] -= e * g[1]
    assert np.isclose(chain(both) - chain(first) - chain(second) + chain(w), pair, rtol=1e-4)


def test_F314_the_same_chain_with_batch_normalisation():
    """Positive lower weights have no effect once the last but one layer is normalised; a sign change flips it."""
    x = np.random.default_rng(0).normal(size=50)

    def out(lower, last):
        h = x * np.prod(lower)
        return last * (h - h.mean()) / h.std()

    assert np.allclose(out([1.1, 0.5, 3.0], 2.0), out([9.0, 1.0, 0.1], 2.0))
    assert np.allclose(out([1.1, 0.5, 3.0], 2.0), -out([1.1, -0.5, 3.0], 2.0))
    assert np.isclose(out([1.1, 0.5, 3.0], 2.0).std(), 2)


def test_F315_a_thin_deep_student_is_smaller_than_its_teacher():
    """Teacher of 5 layers, student of 17 thin ones, with a regression from the student's middle to the teacher's."""

    def weights(widths):
        return sum(n * m for n, m in zip(widths, widths[1:], strict=False))

    teacher, student = [784, *[512] * 4, 10], [784, *[64] * 16, 10]
    assert len(student) - 1 == 17 and weights(student) < 0.1 * weights(teacher)
    rng = np.random.default_rng(0)
    middle_teacher = relu(rng.normal(size=(300, 20)) @ rng.normal(size=(20, 12)))
    middle_student = relu(middle_teacher @ rng.normal(size=(12, 16)))  # thin, but it still knows the teacher's code
    hint = np.linalg.lstsq(middle_student, middle_teacher, rcond=None)[0]
    left = ((middle_teacher - middle_student @ hint) ** 2).mean() / middle_teacher.var()
    assert hint.shape == (16, 12) and left < 0.5


def test_F316_transfer_copies_the_lower_layers():
    """A copied first layer gives the same features, whatever stands above; fitting only the top beats a random one."""
    rng = np.random.default_rng(0)
    x, W = rng.normal(size=(400, 10)), rng.normal(size=(10, 6))
    new_task = relu(x @ W) @ rng.normal(size=6)
    errors = []
    for lower in (W.copy(), rng.normal(size=(10, 6))):
        h = relu(x @ lower)
        top = np.linalg.lstsq(h[:200], new_task[:200], rcond=None)[0]
        errors.append(np.mean((h[200:] @ top - new_task[200:]) ** 2))
    assert errors[0] < 1e-20 < 0.01 < errors[1]
