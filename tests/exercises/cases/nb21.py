import numpy as np


def zero_same(x, share, rng):
    return x * (rng.uniform(size=x.shape[1]) >= share)


def zero_images(x, share, rng):
    return x * (rng.uniform(size=(len(x), 1)) >= share)


def zero_in_place(x, share, rng):
    x[rng.uniform(size=x.shape) < share] = 0
    return x


def zero_copy(x, share, rng):
    answer = np.array(x)
    answer[rng.random(x.shape) < share] = 0
    return answer


def zero_exactly(x, share, rng):
    order = rng.permuted(np.tile(np.arange(x.shape[1]), (len(x), 1)), axis=1)
    return x * (order >= share * x.shape[1])


def slope(h, power=2):
    return (1 - h**2) ** power


RIGHT = {
    "21.1": [(50992, 25088), (np.float64(50992), [25088])],
    "21.2": [(2 / 3,), (np.array([0.6667]),)],
    "21.3": [(lambda x, share, rng: x * (rng.uniform(size=x.shape) >= share),), (zero_copy,)],
    "21.4": [
        (lambda W, b, D, c: (W / 10, b / 10, 10 * D, c),),
        (lambda W, b, D, c: [(0.1 * W).tolist(), 0.1 * b, D / 0.1, c],),
    ],
    "21.5": [
        (lambda h, W: (slope(h) * (W**2).sum(axis=0)).sum(axis=1),),
        (lambda h, W: slope(h) @ (W**2).sum(axis=0)[:, None],),
    ],
}

WRONG = {
    "21.1": [
        ((50176, 25088), "biases"),
        ((25120, 25088), "encoder alone"),
        ((25872, 25088), "decoder alone"),
        ((50240, 25088), "784"),
        ((51744, 25088), "these are 32"),
        ((25904, 25088), "tied weights"),
        ((50992, 25872), "784 biases"),
        ((50992, 25120), "32 biases"),
        ((50992, 25904), "remains"),
        ((50992, 25496), "half"),
        ((50992, 50176), "must remain"),
    ],
    "21.2": [
        ((0.67,), "rounded"),
        ((1.0,), "leaves the noise"),
        ((0.5,), "divides by 2"),
        ((0.8,), "variance already"),
        ((1 / (1 + 0.5**0.5),), "Variances add"),
        ((1.5**-0.5,), "variance 1"),
        ((1 / 3,), "share"),
        ((1.5,), "larger"),
        ((2.0,), "ratio"),
    ],
    "21.3": [
        ((lambda x, share, rng: x * (rng.uniform(size=x.shape) < share),), "Turn the comparison"),
        ((lambda x, share, rng: rng.uniform(size=x.shape) >= share,), "mask alone"),
        ((lambda x, share, rng: x * (rng.uniform(size=x.shape) >= share) / (1 - share),), "dropout"),
        ((lambda x, share, rng: x * (np.random.default_rng(0).uniform(size=x.shape) >= share),), "generator"),
        ((lambda x, share, rng: x * (rng.uniform(size=x.shape) >= 0.5),), "0.50"),
        ((lambda x, share, rng: x * (rng.uniform(size=x.shape) >= 0.3),), "fixed number"),
        ((lambda x, share, rng: x * (np.random.uniform(size=x.shape) >= share),), "same generator"),
        ((lambda x, share, rng: x * (rng.normal(size=x.shape) >= share),), "0.6"),
        ((lambda x, share, rng: x * (1 - share),), "keep their values"),
        ((lambda x, share, rng: x,), "Nothing"),
        ((lambda x, share, rng: x * rng.integers(0, 1, x.shape),), "Everything"),
        ((lambda x, share, rng: x * (x >= share),), "pixels themselves"),
        ((lambda x, share, rng: x * (rng.uniform(x.shape) >= share),), "size=x.shape"),
        ((zero_same,), "same pixels"),
        ((zero_images,), "Whole images"),
        ((zero_in_place,), "changes its argument"),
        ((zero_exactly,), "same number"),
    ],
    "21.4": [
        ((lambda W, b, D, c: (W / 10, b, 10 * D, c),), "bias b"),
        ((lambda W, b, D, c: (W / 10, b / 10, D, c),), "make up"),
        ((lambda W, b, D, c: (W / 10, b / 10, D / 10, c),), "ten times larger"),
        ((lambda W, b, D, c: (W / 10, b / 10, 10 * D, 10 * c),), "after the decoder"),
        ((lambda W, b, D, c: (10 * W, 10 * b, D / 10, c),), "grown"),
        ((lambda W, b, D, c: (W / 2, b / 2, 2 * D, c),), "0.5"),
        ((lambda W, b, D, c: (W, b, D / 10, c),), "as large as before"),
        ((lambda W, b, D, c: (W, b, D, c),), "Nothing has changed"),
        ((lambda W, b, D, c: (W / 10, b / 10),), "four arrays"),
    ],
    "21.5": [
        ((lambda h, W: ((h * (1 - h)) ** 2 * (W**2).sum(axis=0)).sum(axis=1),), "sigmoid"),
        ((lambda h, W: (slope(h, 1) * (W**2).sum(axis=0)).sum(axis=1),), "slope must be squared"),
        ((lambda h, W: (slope(np.tanh(h)) * (W**2).sum(axis=0)).sum(axis=1),), "already"),
        ((lambda h, W: (slope(h) * W.sum(axis=0) ** 2).sum(axis=1),), "Square each weight"),
        ((lambda h, W: (slope(h) * W.sum(axis=0)).sum(axis=1),), "weights must be squared"),
        ((lambda h, W: (slope(h) * (W**2).sum(axis=0)).sum(),), "one number for all"),
        ((lambda h, W: slope(h) * (W**2).sum(axis=0),), "single units"),
        ((lambda h, W: np.sqrt((slope(h) * (W**2).sum(axis=0)).sum(axis=1)),), "square is asked"),
        ((lambda h, W: slope(h).sum(axis=1),), "weights are missing"),
        ((lambda h, W: (slope(h) * (W**2).sum(axis=0)).mean(axis=1),), "mean over the units"),
        ((lambda h, W: slope(h).sum(axis=1) * (W**2).sum(),), "before you sum"),
    ],
}
