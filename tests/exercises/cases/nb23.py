import numpy as np

from dlhelpers.exercises import nb23

HALF = np.log(2)


def frechet(m1, s1, m2, s2):
    return (m1 - m2) ** 2 + (s1 - s2) ** 2


def loss(formula):
    """A loss of the discriminator; TensorFlow is imported only when it is called."""

    def loss_D(real, fake):
        import tensorflow as tf

        return formula(tf, tf.reduce_mean, tf.nn.softplus, tf.convert_to_tensor(real), tf.convert_to_tensor(fake))

    return lambda: loss_D


def log_loss(clip):
    def formula(tf, mean, sp, real, fake):
        p, q = tf.sigmoid(real), tf.sigmoid(fake)
        if clip:
            p, q = tf.clip_by_value(p, 1e-7, 1 - 1e-7), tf.clip_by_value(q, 1e-7, 1 - 1e-7)
        return -mean(tf.math.log(p)) - mean(tf.math.log(1 - q))

    return loss(formula)


def keras_loss(formula, from_logits=True):
    """A loss from Keras' own cross-entropy."""

    def loss_D(real, fake):
        import keras
        from keras import ops

        nll = keras.losses.BinaryCrossentropy(from_logits=from_logits)
        real, fake = ops.convert_to_tensor(real), ops.convert_to_tensor(fake)
        return formula(nll, ops.ones_like(real), ops.zeros_like(fake), real, fake)

    return lambda: loss_D


def step(loss_of=None, weights="G", training=True, apply=True, own_noise=False, result=None):
    """A step of the generator."""

    def step_G(G, D, z, adam):
        import tensorflow as tf

        if own_noise:
            z = tf.random.normal(tf.shape(z))
        with tf.GradientTape() as tape:
            logits = D(G(z, training=training), training=training)
            value = (loss_of or (lambda tf, x: tf.reduce_mean(tf.nn.softplus(-x))))(tf, logits)
        parts = {"G": G.trainable_weights, "D": D.trainable_weights}
        moved = [weight for name in weights for weight in parts[name]]
        gradients = tape.gradient(value, moved)
        if apply:
            adam.apply(gradients, moved)
        return value if result is None else result(value)

    return lambda: step_G


def step_outside():
    def step_G(G, D, z, adam):
        import tensorflow as tf

        fake = G(z, training=True)
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(tf.nn.softplus(-D(fake, training=True)))
        adam.apply(tape.gradient(value, G.trainable_weights), G.trainable_weights)
        return value

    return step_G


def step_without_D():
    def step_G(G, D, z, adam):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = tf.reduce_mean(tf.nn.softplus(-G(z, training=True)))
        adam.apply(tape.gradient(value, G.trainable_weights), G.trainable_weights)
        return value

    return step_G


def step_turned(weights):
    """Adam gets the weights first, or no weights."""

    def step_G(G, D, z, adam):
        import tensorflow as tf

        with tf.GradientTape() as tape:
            value = tf.reduce_mean(tf.nn.softplus(-D(G(z, training=True))))
        gradients = tape.gradient(value, G.trainable_weights)
        adam.apply(*([G.trainable_weights, gradients] if weights else [gradients]))
        return value

    return lambda: step_G


def step_with_zip():
    def step_G(G, D, z, adam):
        import tensorflow as tf
        from keras import losses

        with tf.GradientTape() as tape:
            logits = D(G(z, training=True))
            value = losses.BinaryCrossentropy(from_logits=True)(tf.ones_like(logits), logits)
        slopes = tape.gradient(value, G.trainable_variables)
        adam.apply_gradients(zip(slopes, G.trainable_variables, strict=True))
        return value

    return step_G


def generator(centres=None, outputs=2, noise=2, far=0.1, bad=False):
    """A generator that sends each eighth of the noise to one of the centres; without centres, an untrained network."""
    import keras
    from keras import layers, ops

    if centres is None:
        start = keras.initializers.GlorotUniform(seed=1)
        return keras.Sequential([keras.Input((noise,)), layers.Dense(outputs, kernel_initializer=start)])
    centres = np.asarray(centres, dtype="float32")

    def place(z):
        turn = ops.arctan2(z[:, 1], z[:, 0]) / (2 * np.pi) % 1
        which = ops.cast(turn * len(centres), "int32") % len(centres)
        points = ops.take(ops.convert_to_tensor(centres), which, axis=0) + far * z[:, :2]
        return points / 0 if bad else points

    return keras.Sequential([keras.Input((noise,)), layers.Lambda(place, output_shape=(2,))])


def whole_gan():
    import types

    return types.SimpleNamespace(G=generator(nb23.TURNED), D=generator(None, 1), layers=[], __call__=None)


RIGHT = {
    "23.4": [(-HALF,), (np.log(0.5),), ([-0.6931],)],
    "23.5": [
        (frechet,),
        (lambda m1, s1, m2, s2: [float((m1 - m2) ** 2 + s1**2 + s2**2 - 2 * np.sqrt(s1**2 * s2**2))],),
    ],
}

WRONG = {
    "23.4": [
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
    "23.5": [
        ((lambda *a: np.sqrt(frechet(*a)),), "its square"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2 + (s1**2 - s2**2) ** 2,), "variances"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2 + s1**2 + s2**2,), "cross term"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2 + (s1 + s2) ** 2,), "*minus*"),
        ((lambda m1, s1, m2, s2: (m1 - m2) ** 2 + s1**2 + s2**2 - s1 * s2,), "factor of 2"),
        ((lambda m1, s1, m2, s2: (m1 + m2) ** 2 + (s1 + s2) ** 2,), "not sums"),
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
    "23.1": (
        [
            loss(lambda tf, mean, sp, r, f: mean(sp(-r)) + mean(sp(f))),
            loss(lambda tf, mean, sp, r, f: -mean(tf.math.log_sigmoid(r)) - mean(tf.math.log_sigmoid(-f))),
            loss(
                lambda tf, mean, sp, r, f: mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.ones_like(r), r))
                + mean(tf.nn.sigmoid_cross_entropy_with_logits(tf.zeros_like(f), f))
            ),
            keras_loss(lambda nll, one, zero, r, f: nll(one, r) + nll(zero, f)),
            loss(lambda tf, mean, sp, r, f: mean(tf.math.log1p(tf.exp(-abs(r))) + tf.nn.relu(-r)) + mean(sp(f))),
        ],
        [
            (loss(lambda tf, mean, sp, r, f: mean(sp(r)) + mean(sp(-f))), "swapped"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(-f))), "generator's loss"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(-r))), "real samples only"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(f))), "generated samples only"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(-r)) + mean(sp(-f))), "the label is 0"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(r)) + mean(sp(f))), "the label is 1"),
            (loss(lambda tf, mean, sp, r, f: -mean(sp(-r)) - mean(sp(f))), "sign is turned"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(-r)) - mean(sp(f))), "add them"),
            (loss(lambda tf, mean, sp, r, f: tf.reduce_sum(sp(-r)) + tf.reduce_sum(sp(f))), "These are sums"),
            (loss(lambda tf, mean, sp, r, f: (mean(sp(-r)) + mean(sp(f))) / 2), "half of it"),
            (loss(lambda tf, mean, sp, r, f: mean(tf.concat([sp(-r), sp(f)], 0))), "one mean over all"),
            (loss(lambda tf, mean, sp, r, f: mean(f) - mean(r)), "logits themselves"),
            (loss(lambda tf, mean, sp, r, f: mean(tf.sigmoid(f)) - mean(tf.sigmoid(r))), "probabilities"),
            (loss(lambda tf, mean, sp, r, f: mean((1 - r) ** 2) + mean(f**2)), "squared errors"),
            (loss(lambda tf, mean, sp, r, f: sp(-mean(r)) + sp(mean(f))), "First softplus"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(-tf.sigmoid(r))) + mean(sp(tf.sigmoid(f)))), "logits already"),
            (loss(lambda tf, mean, sp, r, f: -mean(tf.math.log(r)) - mean(tf.math.log(1 - f))), "nan"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(-r)) - mean(sp(-f))), "+log D"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(-r)) + mean(1 - sp(-f))), "1 - (-log D)"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(-r) + sp(f))), "may differ in length"),
            (loss(lambda tf, mean, sp, r, f: 2 * mean(tf.concat([sp(-r), sp(f)], 0))), "twice the mean"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(-r)) + mean(sp(1 - f))), "1 - logit"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(-r)) + mean(sp(f - 1))), "1 - logit"),
            (keras_loss(lambda nll, one, zero, r, f: nll(one, r) + nll(zero, f), from_logits=False), "from_logits"),
            (keras_loss(lambda nll, one, zero, r, f: nll(r, one) + nll(f, zero)), "label comes first"),
            (loss(lambda tf, mean, sp, r, f: mean(tf.math.log1p(tf.exp(-r))) + mean(sp(f))), "exp(200)"),
            (log_loss(clip=False), "its logarithm -inf"),
            (log_loss(clip=True), "should be 400"),
            (loss(lambda tf, mean, sp, r, f: sp(-r)), "take the mean over the samples"),
            (loss(lambda tf, mean, sp, r, f: (mean(sp(-r)), mean(sp(f)))), "a pair"),
            (loss(lambda tf, mean, sp, r, f: float(mean(sp(-r)) + mean(sp(f)))), "tensor"),
            (loss(lambda tf, mean, sp, r, f: mean(sp(-r)) + mean(sp(tf.stop_gradient(f)))), "no gradient"),
        ],
    ),
    "23.2": (
        [step(), step_with_zip],
        [
            (step(weights="GD"), "stands still"),
            (step(weights="D"), "stands still"),
            (step(apply=False), "No weight"),
            (step_outside, "inside of the `with` block"),
            (step(training=False), "without `training=True`"),
            (step(lambda tf, x: -tf.reduce_mean(tf.nn.softplus(x))), "flat"),
            (step(lambda tf, x: tf.reduce_mean(tf.nn.softplus(x))), "calls its samples generated"),
            (step(lambda tf, x: -tf.reduce_mean(tf.nn.softplus(-x))), "uphill"),
            (step(lambda tf, x: tf.reduce_sum(tf.nn.softplus(-x))), "sum over the batch"),
            (step(lambda tf, x: -tf.reduce_mean(x)), "logit itself"),
            (step(lambda tf, x: tf.reduce_mean(tf.nn.softplus(-tf.sigmoid(x)))), "no sigmoid"),
            (step_without_D, "D is missing"),
            (step_turned(True), "the gradients first"),
            (step_turned(False), "the gradients first"),
            (step(own_noise=True), "the argument `z`"),
            (step(result=float), "tensor"),
            (step(result=lambda value: 2 * value), "generator's loss"),
        ],
    ),
    "23.3": (
        [
            lambda: generator(nb23.TURNED),
            lambda: generator(nb23.TURNED, noise=16),
        ],
        [
            (lambda: generator(nb23.TURNED[:7]), "collapsed"),
            (lambda: generator(nb23._ring(0)), "islands of section 4"),
            (lambda: generator(), "Was it trained"),
            (lambda: generator(nb23.TURNED, far=0.3), "more epochs"),
            (lambda: generator(outputs=1), "discriminator"),
            (lambda: generator(outputs=3), "points of the plane"),
            (lambda: generator(nb23.TURNED, bad=True), "nan"),
            (whole_gan, "whole GAN"),
            (lambda: 8, "Keras model"),
        ],
    ),
}
