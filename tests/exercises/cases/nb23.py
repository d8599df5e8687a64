import numpy as np

HALF = np.log(2)
EACH = [1, 3, 1, 2]


def frechet(m1, s1, m2, s2):
    return (m1 - m2) ** 2 + (s1 - s2) ** 2


def gan_sum(stop_d=None, stop_g=None, stop_real=None, stop_out=None, combine=None, loss_g=None):
    """A sum of both losses with `tf.stop_gradient` where it is asked for."""
    import tensorflow as tf

    def halt(flag):
        return tf.stop_gradient if flag else tf.identity

    def mean_softplus(x):
        return tf.reduce_mean(tf.nn.softplus(x))

    def total(D, real, fake):
        in_d = halt(stop_out)(D(halt(stop_d)(tf.convert_to_tensor(fake))))
        part_d = mean_softplus(-D(halt(stop_real)(real))) + mean_softplus(in_d)
        out = D(halt(stop_g)(tf.convert_to_tensor(fake)))
        part_g = -mean_softplus(out) if loss_g == "saturating" else mean_softplus(-out)
        return (combine or (lambda a, b: a + b))(part_d, part_g)

    return total


RIGHT = {
    "23.1": [(-HALF,), (np.log(0.5),), ([-0.6931],)],
    "23.2": [(19,), (0.95 / 0.05,), (np.array([19.0]),)],
    "23.4": [(EACH, 5), (np.array(EACH), np.int64(5)), ([[1], [3], [1], [2]], 5.0)],
    "23.5": [
        (frechet,),
        (lambda m1, s1, m2, s2: [float((m1 - m2) ** 2 + s1**2 + s2**2 - 2 * np.sqrt(s1**2 * s2**2))],),
    ],
}

WRONG = {
    "23.1": [
        ((HALF,), "sign"),
        ((-np.log(4),), "weights"),
        ((-HALF / 2,), "half of it"),
        ((HALF / 2,), "Jensen"),
        ((-1.5 * HALF,), "twice"),
        ((3 * HALF,), "log 4"),
        ((-1.0,), "base 2"),
        ((-0.30103,), "base 10"),
        ((0.0,), "doubt"),
        ((-0.69,), "rounded"),
        ((np.nan,), "0 * log(0)"),
    ],
    "23.2": [
        ((1 / 19,), "inverse"),
        ((-19,), "positive"),
        ((20,), "not -1"),
        ((np.log(0.05) / np.log(0.95),), "slopes"),
        ((0.95,), "alone"),
        ((0.9,), "difference"),
    ],
    "23.4": [
        (([2, 3, 2, 2], 5), "handful"),
        (([1, 3, 2, 2], 5), "good"),
        (([1, 2, 1, 2], 5), "2 % of 2000"),
        (([1, 2, 1, 1], 5), "80 is the bar"),
        (([877, 888, 748, 685], 5), "at least 20"),
        (([7, 5, 7, 6], 5), "missed"),
        (([0, 1, 1, 0, 0, 1, 2, 1], 5), "rows"),
        ((6, 5), "Four numbers"),
        ((EACH, 8), "handful"),
        ((EACH, 7), "at some moment"),
        ((EACH, 6), "2 % of 2000"),
        ((EACH, 1.75), "mean of the four"),
        ((EACH, 3), "at one moment"),
        ((EACH, EACH), "one number"),
    ],
    "23.5": [
        ((lambda *a: np.sqrt(frechet(*a)),), "its square"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2 + (s1**2 - s2**2) ** 2,), "variances"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2 + s1**2 + s2**2,), "cross term"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2 + s1**2 + s2**2 - 2 * (s1 * s2) ** 2,), "root"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2 + s1 + s2 - 2 * np.sqrt(s1 * s2),), "sd ** 2"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2 + s1**2 + s2**2 - 2 * np.sqrt(s1 * s2),), "variances"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2 + s1**2 - s2**2,), "is a square"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2 + s1**2 + s2**2 - 2 * (s1**2 * s2**2) ** 1 / 2,), "** 0.5"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2,), "means only"),
        ((lambda m1, s1, m2, s2: (s1 - s2) ** 2,), "spreads only"),
        ((lambda m1, s1, m2, s2: abs(m1 - m2) + abs(s1 - s2),), "squared"),
        ((lambda m1, m2, s1, s2: frechet(m1, s1, m2, s2),), "order"),
        ((3.94,), "function"),
    ],
}
MODELS = {
    "23.3": (
        [lambda: gan_sum(stop_d=True), lambda: gan_sum(stop_d=True, combine=lambda a, b: [[a + b]][0][0])],
        [
            (lambda: gan_sum(), "cancels"),
            (lambda: gan_sum(stop_g=True), "less real"),
            (lambda: gan_sum(stop_d=True, stop_g=True), "no gradient"),
            (lambda: gan_sum(stop_out=True), "learns nothing from the fakes"),
            (lambda: gan_sum(stop_d=True, combine=lambda a, b: b), "generator's loss alone"),
            (lambda: gan_sum(stop_d=True, combine=lambda a, b: a), "discriminator's loss alone"),
            (lambda: gan_sum(stop_d=True, combine=lambda a, b: a - b), "Add the two"),
            (lambda: gan_sum(stop_d=True, combine=lambda a, b: (a, b)), "not a pair"),
            (lambda: gan_sum(stop_d=True, combine=lambda a, b: (a + b) / 2), "value"),
            (lambda: gan_sum(stop_d=True, combine=lambda a, b: float(a + b)), "tensor"),
            (lambda: gan_sum(stop_d=True, loss_g="saturating"), "gan_loss_G"),
        ],
    ),
}
