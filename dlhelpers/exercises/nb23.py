"""Exercises of notebook 23, generative adversarial networks."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import NotYet, array, call, close, exercise, grade, keras_model, number


def _loss_d(real: Any, fake: Any) -> Any:
    from keras import ops

    return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))


def _clipped(p: np.ndarray) -> np.ndarray:
    """-log p as Keras computes it for what it takes as a probability."""
    return -np.log(np.clip(p, 1e-7, 1 - 1e-7))


def _tensor(result: Any) -> Any:
    import tensorflow as tf

    if isinstance(result, tuple | list) and len(result) == 2:
        raise NotYet("This is a pair. Return one number, as a tensor.")
    if not tf.is_tensor(result):
        number(result)
        raise NotYet("Return the loss as a tensor, computed with `ops`: without NumPy, .numpy() or float(), which cut all gradients.")
    return result


@exercise(
    "23.1",
    "Write down the loss in D first: -log D for the real ones, -log(1 - D) for the generated ones. Then each one as a softplus.",
    "D is the sigmoid of the logit, so -log D is softplus(-logit) and -log(1 - D) is softplus(+logit). Two means, added.",
    "return ops.mean(ops.softplus(-real)) + ops.mean(ops.softplus(fake))",
    praise="It is small if the logits of real samples are large and those of generated ones are very negative.",
    solution=_loss_d,
)
def discriminator_loss(function: Any) -> str | None:
    import tensorflow as tf

    real, fake = tf.Variable([[1.2], [-0.4], [0.3]]), tf.Variable([[0.7], [-1.5], [0.2], [-0.3], [0.1]])
    with tf.GradientTape() as tape:
        try:
            loss = _tensor(call(function, real, fake))
        except NotYet as problem:
            if "Incompatible shapes" in str(problem):
                return "`real` and `fake` may differ in length, here 3 and 5 samples: take the mean of each half, then add the two."
            raise
        total = tf.reduce_sum(loss)
    r, f = real.numpy().ravel().astype(float), fake.numpy().ravel().astype(float)
    r_up, r_down, f_up, f_down = (np.logaddexp(0, x) for x in (r, -r, f, -f))
    found = array(loss, finite=False)
    if np.isnan(found).any():
        return "The loss is nan. `real` and `fake` are logits, any real numbers: the logarithm of a logit is not what you want."
    if found.size != 1:
        return f"One number is asked for, and this has shape {found.shape}: take the mean over the samples of each half."
    p_r, p_f = 1 / (1 + np.exp(-r)), 1 / (1 + np.exp(-f))
    right = r_down.mean() + f_up.mean()
    mistakes = [
        (r_up.mean() + f_down.mean(), "The labels are swapped: this loss is small if D takes the real samples for generated ones."),
        (f_down.mean(), "This is the generator's loss. D wants the opposite for `fake`, and it looks at `real` as well."),
        (r_down.mean(), "This looks at the real samples only. D that always says 'real' would be perfect. Add the generated ones."),
        (f_up.mean(), "This looks at the generated samples only. Add the loss of the real ones."),
        (r_down.mean() + f_down.mean(), "Here D is rewarded for calling generated samples real. For them the label is 0: -log(1 - D)."),
        (r_up.mean() + f_up.mean(), "Here D is rewarded for calling real samples generated. For them the label is 1: -log D."),
        (-right, "The sign is turned: this is the value of the game, which D makes *large*. A loss is made small."),
        (r_down.mean() - f_down.mean(), "The second half is +log D here. For generated samples it is -log(1 - D), which is softplus(+logit)."),
        (r_down.mean() + 1 - f_down.mean(), "1 - (-log D) is not -log(1 - D). For generated samples it is softplus(+logit)."),
        (r_down.mean() - f_up.mean(), "Both halves are errors of D: add them."),
        (r_down.sum() + f_up.sum(), "These are sums. Take the mean of each half, so that the batch size does not matter."),
        (right / 2, "This is half of it. Add the two means; do not average them."),
        (np.append(r_down, f_up).mean(), "This is one mean over all samples. Take the mean of each half, then add the two."),
        (2 * np.append(r_down, f_up).mean(), "This is twice the mean over all samples. Take the mean of each half, then add the two."),
        (np.append(r_down, f_up).sum(), "These are sums. Take the mean of each half, so that the batch size does not matter."),
        (-np.log(p_r).mean() - np.log(p_f).mean(), "Here D is rewarded for calling generated samples real. For them the label is 0: -log(1 - D)."),
        (-r.mean() + f.mean(), "This adds the logits themselves. It is the loss of a Wasserstein GAN, which needs more than that; here use softplus."),
        (p_f.mean() - p_r.mean(), "This adds probabilities. The loss is minus their logarithm."),
        (np.mean((1 - p_r) ** 2) + np.mean(p_f**2), "These are squared errors. Use the cross-entropy: -log D and -log(1 - D)."),
        (np.mean((1 - r) ** 2) + np.mean(f**2), "These are squared errors. Use the cross-entropy: -log D and -log(1 - D)."),
        (np.logaddexp(0, -r.mean()) + np.logaddexp(0, f.mean()), "First softplus, then the mean: the mean of the losses, not the loss of the mean."),
        (r_down.mean() + np.logaddexp(0, 1 - f).mean(), "1 - D is not the sigmoid of 1 - logit, but of -logit: -log(1 - D) is softplus(+logit)."),
        (r_down.mean() + np.logaddexp(0, f - 1).mean(), "1 - D is not the sigmoid of 1 - logit, but of -logit: -log(1 - D) is softplus(+logit)."),
        (_clipped(r).mean() + _clipped(1 - f).mean(), "The cross-entropy takes these logits for probabilities. It needs `from_logits=True`."),
        ((np.logaddexp(0, 1) - r).mean() + np.log(2), "Label and logits are swapped: in Keras the label comes first, then the logits."),
        (np.logaddexp(0, -p_r).mean() + np.logaddexp(0, p_f).mean(), "`real` and `fake` are logits already: softplus takes them as they are, without a sigmoid before it."),
    ]
    if message := grade(found, right, mistakes, rtol=1e-4):
        return message
    far = array(call(function, tf.constant([[-200.0]]), tf.constant([[200.0]])), finite=False)
    if not np.isfinite(far).all():
        return (
            "Right for small logits, but not for -200 and 200: the sigmoid gives 0 and its logarithm -inf, or exp(200) is too "
            "large for float32. `ops.softplus` of the logit is safe."
        )
    if not close(far, 400.0):
        return f"Right for small logits, but for logits of -200 and 200 it should be 400, not {number(far):.1f}. `ops.softplus` of the logit is safe."
    slopes = tape.gradient(total, [real, fake])
    if any(slope is None for slope in slopes):
        return "Right value, but no gradient reaches the logits. Compute it with `ops` alone."
    good = close(slopes[0], (p_r - 1)[:, None] / 3, atol=1e-4) and close(slopes[1], p_f[:, None] / 5, atol=1e-4)
    return None if good else "Right value, but not its gradient: leave out stop_gradient."


def _step_g(G: Any, D: Any, z: Any, adam: Any) -> Any:
    import tensorflow as tf
    from keras import ops

    with tf.GradientTape() as tape:
        loss = ops.mean(ops.softplus(-D(G(z, training=True), training=True)))
    adam.apply(tape.gradient(loss, G.trainable_weights), G.trainable_weights)
    return loss


def _players() -> tuple[Any, Any]:
    """A small generator with batch normalisation and a discriminator; no draw from Keras' own seed."""
    import keras
    from keras import layers

    def dense(units: int, seed: int, activation: str | None = None) -> Any:
        return layers.Dense(units, activation, kernel_initializer=keras.initializers.GlorotUniform(seed=seed))

    G = keras.Sequential([keras.Input((2,)), dense(3, 1), layers.BatchNormalization(), dense(2, 2)])
    D = keras.Sequential([keras.Input((2,)), dense(4, 3, "tanh"), dense(1, 4)])
    return G, D


@exercise(
    "23.2",
    "As `step_D`, with the other loss and the other weights. No real samples are needed.",
    "In the tape: samples G(z), their logits from D, and loss_G of these. Then the gradient in the weights of G alone.",
    "loss = loss_G(D(G(z, training=True), training=True)) in the tape; then adam.apply(tape.gradient(loss, G.trainable_weights), "
    "G.trainable_weights); return loss",
    praise="The gradient comes *through* D, but D stands still.",
    solution=_step_g,
)
def generator_step(function: Any) -> str | None:
    import keras
    import tensorflow as tf

    z = tf.constant(np.random.default_rng(6).normal(size=(6, 2)), "float32")
    G, D = _players()
    start_g, start_d = G.get_weights(), D.get_weights()
    slopes, losses = {}, {}
    for name, (loss, training) in {
        "right": (lambda fake: tf.nn.softplus(-fake), True),
        "resting": (lambda fake: tf.nn.softplus(-fake), False),
        "saturating": (lambda fake: -tf.nn.softplus(fake), True),
        "against": (lambda fake: tf.nn.softplus(fake), True),
        "logit": (lambda fake: -fake, True),
        "probability": (lambda fake: tf.nn.softplus(-tf.sigmoid(fake)), True),
    }.items():
        with tf.GradientTape() as tape:
            losses[name] = tf.reduce_mean(loss(D(G(z, training=training), training=training)))
        slopes[name] = tape.gradient(losses[name], G.trainable_weights)
    with tf.GradientTape() as tape:
        losses["alone"] = tf.reduce_mean(tf.nn.softplus(-G(z, training=True)))
    slopes["alone"] = tape.gradient(losses["alone"], G.trainable_weights)
    G.set_weights(start_g)
    before = [weight.numpy() for weight in G.trainable_weights]
    try:
        result = _tensor(call(function, G, D, z, keras.optimizers.SGD(0.1)))
    except NotYet as problem:
        if "No gradients provided" in str(problem):
            return "No gradient reaches the weights of G: compute G(z), D of it and loss_G of that inside of the `with` block of the tape."
        if "_unique_id" in str(problem) or "without `variables`" in str(problem):
            return "`adam.apply(gradients, weights)` takes both, the gradients first."
        return str(problem)
    if any(not np.array_equal(a, b) for a, b in zip(start_d, D.get_weights(), strict=True)):
        return "D's weights have moved. In the generator's step D stands still: take the gradient in `G.trainable_weights` only, and apply it to these."
    moved = [weight.numpy() - old for weight, old in zip(G.trainable_weights, before, strict=True)]
    if not any(np.abs(step).max() > 0 for step in moved):
        return "No weight of G has moved: `adam.apply(gradients, weights)` makes the step."

    def like(name: str, factor: float = 1) -> bool:
        pairs = zip(moved, slopes[name], strict=True)
        return all(close(step, -0.1 * factor * slope, rtol=1e-2, atol=1e-5) for step, slope in pairs)

    if not like("right"):
        for name, factor, says in [
            ("right", -1, "G moves uphill: its loss grows."),
            ("right", 6, "This is the sum over the batch. The loss is a mean."),
            ("resting", 1, "The step is that of `G(z)` without `training=True`: batch normalisation then uses its running averages, as if G were finished."),
            ("saturating", 1, "This is the loss log(1 - D), which is flat where G has everything to learn. Use loss_G."),
            ("against", 1, "G moves to where D calls its samples generated. Use loss_G: its samples should look real."),
            ("logit", 1, "This loss is minus the logit itself. Use loss_G."),
            ("probability", 1, "loss_G takes the logits as they come from D: no sigmoid before it."),
            ("alone", 1, "D is missing: loss_G takes the logits that D gives for G(z), not the samples."),
        ]:
            if like(name, factor):
                return says
        G.set_weights(start_g)
        call(function, G, D, z, keras.optimizers.SGD(0.1))
        again = [weight.numpy() - old for weight, old in zip(G.trainable_weights, before, strict=True)]
        if not all(close(a, b, rtol=1e-3, atol=1e-6) for a, b in zip(moved, again, strict=True)):
            return "Two calls with the same noise make two different steps. Use the argument `z`, and draw nothing new."
        return "G moves, but not along the gradient of loss_G(D(G(z)))."
    if not close(number(result), float(losses["right"]), rtol=1e-3):
        return "The step is right. Return the generator's loss, too: the number that `loss_G` gave inside of the tape."
    return None


def _ring(turn: float) -> np.ndarray:
    angles = 2 * np.pi * (np.arange(8) + turn) / 8
    return 5 * np.column_stack([np.cos(angles), np.sin(angles)])


TURNED, SHARE = _ring(0.5), 0.5  # the islands of 23.3, and the share of good samples that is asked for


@exercise(
    "23.3",
    "All lines stand above: two networks, a GAN of both, and `fit` on `turned`. Which discriminator has found all islands?",
    "A new generator `mlp(2, 2)` and a new packed discriminator; `GAN(..., z_dim=2)`, and then fit with batch_size=128 and 8 epochs.",
    'G_turned = mlp(2, 2); GAN(G_turned, packed_D(), z_dim=2).fit(turned, batch_size=128, epochs=8, verbose=0)',
    praise="On fresh noise, and counted by the same rule as on the ring.",
)
def eight_turned_islands(model: Any) -> str | None:
    if hasattr(model, "G") and hasattr(model, "D"):
        return "This is the whole GAN. Hand in its generator, the attribute `G`."
    model = keras_model(model)
    shape = getattr(model, "input_shape", None)
    if not (isinstance(shape, tuple) and len(shape) == 2 and shape[1]):
        raise NotYet("The generator should take rows of noise: `keras.Input((2,))`.")
    z = np.random.default_rng(31).normal(size=(2000, shape[1])).astype("float32")
    points = np.asarray(model(z), dtype=float)
    if points.shape == (2000, 1):
        return "This network gives one number for each row: the discriminator? The generator is asked for."
    if points.shape != (2000, 2):
        return f"For 2000 rows of noise the generator should give 2000 points of the plane; the shape is {points.shape}."
    if not np.isfinite(points).all():
        return "Some points are nan or infinite. Was a learning rate too large?"
    distance = np.linalg.norm(points[:, None] - TURNED, axis=-1)
    good = distance.min(axis=1) < 0.3
    counts = np.bincount(distance.argmin(axis=1)[good], minlength=8)
    covered, share = int((counts >= 40).sum()), good.mean()
    if covered == 8 and share >= SHARE:
        return None
    found = f"On fresh noise it covers {covered} of the 8 islands, and {share:.0%} of its samples are good. "
    elsewhere = np.linalg.norm(points[:, None] - _ring(0), axis=-1).min(axis=1) < 0.3
    if elsewhere.mean() > 0.4:
        return found + "Most samples lie on the islands of section 4. Train it on `turned`."
    if share < 0.15:
        return found + "Was it trained, with `fit` on `turned`, for several epochs?"
    if covered < 8:
        return found + "It has collapsed. Give it a discriminator that helps against that."
    return found + f"At least {SHARE:.0%} should be good: train it for more epochs."


@exercise(
    "23.4",
    "Find the best D for each face first: p / (p + q). For one face it is 1, for one 1/2, for one 0.",
    "V has two sums: p log D over the real faces, q log(1 - D) over the generated ones. 0 log 0 counts as 0.",
    "Only face B costs anything: v_dice = 0.5 * np.log(0.5) + 0.5 * np.log(0.5)",
    praise="log(1/2) = -0.693, so the JS divergence is half of log 2: half of the throws give the source away.",
)
def value_of_dice(value: Any) -> str | None:
    if np.isnan(array(value, finite=False)).any():
        return "NumPy makes nan of 0 * log(0). Here it counts as 0: leave out the terms whose probability is 0."
    half = np.log(2)
    mistakes = [
        (half, "The sign is turned around: logarithms of probabilities are not positive, and V adds them up."),
        (-2 * half, "-log 4: either D is 1/2 at every face (but A is surely real), or the logarithms at B lack their weights of 1/2."),
        (-half / 2, "This is half of it: face B costs something in both sums, when it is real and when it is generated."),
        (half / 2, "This is the Jensen-Shannon divergence. The value is -log 4 + 2 JS."),
        (-2 * half + half / 2, "The JS divergence counts twice: V = -log 4 + 2 JS."),
        (2 * half + half, "The sign of log 4 is turned around: V = -log 4 + 2 JS."),
        (-1.0, "This is the logarithm to base 2. The course uses the natural logarithm, np.log."),
        (np.log10(0.5), "This is the logarithm to base 10. Use the natural one, np.log."),
        (0.0, "0 would be a discriminator that is never in doubt. At face B it must be."),
        (0.5, "0.5 is D at face B. The value takes its logarithm, weighted by the probabilities."),
    ]
    return grade(number(value), -half, mistakes, rounding=True)


@exercise(
    "23.5",
    "In one dimension the covariance is the variance, sd ** 2, and the trace is the number itself.",
    "sd1 ** 2 + sd2 ** 2 - 2 * sd1 * sd2 is a square.",
    "return (mean1 - mean2) ** 2 + (sd1 - sd2) ** 2",
    praise="Shift squared plus difference of the spreads squared: 0 only for equal Gaussians.",
)
def frechet_in_1d(function: Any) -> str | None:
    m1, s1, m2, s2 = 1.3, 2.2, -0.4, 0.7
    value = number(call(function, m1, s1, m2, s2))
    shift, spread = (m1 - m2) ** 2, (s1 - s2) ** 2
    mistakes = [
        (np.sqrt(shift + spread), "This is the distance d. The formula, and the notebook, give its square."),
        (shift + (s1**2 - s2**2) ** 2, "This takes the difference of the variances. Put C = sd ** 2 into the formula."),
        (shift + (s1 + s2) ** 2, "The cross term is *minus* two times the root of the product."),
        (shift + s1**2 + s2**2 - s1 * s2, "The cross term has a factor of 2: minus two times the root of the product."),
        ((m1 + m2) ** 2 + (s1 + s2) ** 2, "Two equal Gaussians have distance 0: differences, not sums."),
        (shift + s1**2 + s2**2, "The cross term is missing: minus two times the root of the product."),
        (shift + s1**2 + s2**2 - 2 * (s1 * s2) ** 2, "The root is missing: (C1 C2)^(1/2) is sd1 * sd2."),
        (shift + s1 + s2 - 2 * np.sqrt(s1 * s2), "The arguments are standard deviations. The covariance is sd ** 2."),
        (shift + s1**2 + s2**2 - 2 * np.sqrt(s1 * s2), "The root of the product of the *variances* is sd1 * sd2."),
        (shift + s1**2 + s2**2 - (s1 * s2) ** 2, "`** 1 / 2` halves, it takes no root: write ** 0.5, or np.sqrt."),
        (shift + s1**2 - s2**2, "C1 + C2 - 2 (C1 C2)^(1/2) is a square: (sd1 - sd2) ** 2."),
        (shift + abs(s1 - s2), "Square the difference of the spreads, too."),
        (abs(m1 - m2) + abs(s1 - s2), "Both differences are squared."),
        (abs(m1 - m2) + spread, "Square the difference of the means, too."),
        (shift, "This sees the means only. Two Gaussians with one centre can differ in spread."),
        (spread, "This sees the spreads only. The means count as well."),
        (shift - spread, "Between the two parts stands a plus."),
        ((m1 - m2 + s1 - s2) ** 2, "Square each difference for itself, then add."),
        ((m1 - s1) ** 2 + (m2 - s2) ** 2, "The arguments are mean1, sd1, mean2, sd2, in this order."),
    ]
    if close(value, shift + spread) and not close(number(call(function, 0.0, 1.0, 0.0, 3.0)), 4.0):
        return "It works for one pair, but not for sd 1 against 3."
    return grade(value, shift + spread, mistakes)
