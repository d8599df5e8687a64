"""Exercises of notebook 23, generative adversarial networks."""

from typing import Any

import numpy as np

from dlhelpers.exercises.core import OTHER, NotYet, array, call, close, exercise, grade, number

# Exercise 23.4: good samples near each of eight islands, of 1000 samples at each of four moments.
MOMENTS = np.array(
    [
        [0, 0, 871, 6, 0, 0, 0, 0],
        [0, 0, 0, 0, 31, 402, 455, 0],
        [0, 733, 15, 0, 0, 0, 0, 0],
        [45, 0, 0, 0, 0, 0, 0, 640],
    ]
)


@exercise(
    "23.1",
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
    "23.2",
    "The text above gives both slopes in the logit: -D and -(1 - D).",
    "At D = 0.05 they are -0.05 and -0.95. By which factor is the second one larger?",
    "factor = (1 - 0.05) / 0.05",
    praise="19 times the push, for the same fake and the same discriminator.",
)
def slope_factor(factor: Any) -> str | None:
    d = 0.05
    mistakes = [
        (d / (1 - d), "This is the inverse: how large is the non-saturating slope in units of the other one?"),
        (-(1 - d) / d, "Both slopes are negative, so their ratio is positive."),
        (1 / d, "Nearly: the slope of -log D in the logit is -(1 - D), not -1."),
        (np.log(d) / np.log(1 - d), "This compares the losses. Compare their slopes."),
        (1 - d, "This is the slope of -log D alone, without its sign. Divide by the other slope."),
        (-(1 - d), "This is the slope of -log D alone. Divide by the other slope."),
        (1 - 2 * d, "This is the difference of the slopes. A factor is asked for."),
    ]
    return grade(number(factor), (1 - d) / d, mistakes)


@exercise(
    "23.3",
    "Which of the three D(...) pushes the fakes in the wrong direction, towards looking *less* real?",
    "D must still learn from the fakes in its own loss, so stop the gradient at the fakes, not behind D.",
    "gan_loss_D(D(real), D(tf.stop_gradient(fake))) + gan_loss_G(D(fake))",
    praise="In the sum a fake had the slope 2D - 1, which is 0 at D = 1/2. Now it is -(1 - D), as in section 3.",
)
def sum_with_stop(function: Any) -> str | None:
    import tensorflow as tf

    real, fake = tf.constant([[1.0], [2.0], [0.5]]), tf.Variable([[0.3], [-1.0], [-0.4]])
    weight, bias = tf.Variable(0.8), tf.Variable(-0.2)
    with tf.GradientTape(persistent=True) as tape:
        total = call(function, lambda x: weight * x + bias, real, fake)
        logits = weight * fake + bias
    if isinstance(total, (tuple, list)):
        return "One sum of both losses is asked for, not a pair."
    if not tf.is_tensor(total):
        raise NotYet("Return the sum as a tensor: without .numpy() or float(), which cut all gradients.")
    value = number(total)
    p_real = 1 / (1 + np.exp(-(0.8 * real.numpy() - 0.2)))
    p = 1 / (1 + np.exp(-logits.numpy()))
    loss_d, loss_g = -np.log(p_real).mean() - np.log(1 - p).mean(), -np.log(p).mean()
    mistakes = [
        (loss_g, "This is the generator's loss alone. The sum of both is asked for."),
        (loss_d, "This is the discriminator's loss alone. The sum of both is asked for."),
        (loss_d - loss_g, "Add the two losses: each player makes its own one small."),
        (loss_d + np.log(1 - p).mean(), "The generator's loss is -log D, the function gan_loss_G."),
        (loss_d - np.log(p_real).mean(), "The generator's loss looks at the fakes, not at the real samples."),
    ]
    changed = "The sum has changed its value. Keep both losses, and add the stop only."
    if message := grade(value, loss_d + loss_g, mistakes, other=changed):
        return message
    slope, n = tape.gradient(total, fake), len(p)
    if slope is None:
        return "Now no gradient reaches the fakes at all, and the generator cannot learn. Stop it in one place only."
    slope, taught = np.asarray(slope), tape.gradient(total, bias)
    taught = 0.0 if taught is None else float(taught)
    from_real, from_fake, from_g = (p_real - 1).sum() / n, p.sum() / n, (p - 1).sum() / n
    if close(slope, 0.8 * (2 * p - 1) / n, atol=1e-5):
        if close(taught, from_fake + from_g, atol=1e-4):
            return "You stopped at the real samples, where no generator is. The fakes still get both gradients."
        return "The fakes still get the gradient of D's loss, which cancels that of the generator's loss at D = 1/2."
    if close(slope, 0.8 * p / n, atol=1e-5):
        return "This stops the generator's own loss. What is left pushes the fakes to look less real."
    if not close(slope, 0.8 * (p - 1) / n, atol=1e-5):
        return OTHER
    if close(taught, from_real + from_g, atol=1e-4):
        return "The generator is right now, but D learns nothing from the fakes: stop before D, at `fake`, not behind it."
    if close(taught, from_g, atol=1e-4):
        return "The generator is right now, but D's whole loss is cut off, so that D learns nothing. Stop at `fake` only."
    return None if close(taught, from_real + from_fake + from_g, atol=1e-4) else OTHER


@exercise(
    "23.4",
    "An island is covered if at least 2 % of *all* samples are good ones near it: 20 of 1000, 80 of 4000.",
    "(moments >= 20) is a table of true and false; its sum over each row counts islands.",
    "each = (moments >= 20).sum(axis=1); pooled = (moments.sum(axis=0) >= 80).sum()",
    praise="One to three at a time, five together: it has collapsed and it oscillates. Pooling over time hides the collapse.",
)
def read_collapse(each: Any, pooled: Any) -> str | None:
    each, pooled = array(each).ravel(), array(pooled)
    if each.size == 8:
        return "These are eight numbers, one for each island. Count along the rows: one number for each moment."
    if each.size != 4:
        return f"Four numbers are asked for, one for each moment; this has {each.size}."
    share = MOMENTS / MOMENTS.sum(axis=1, keepdims=True)
    mistakes = [
        ((MOMENTS > 0).sum(axis=1), "A handful of stray samples is not enough: 2 % of the samples, 20 of 1000."),
        ((share >= 0.02).sum(axis=1), "This is 2 % of the *good* samples. The rule counts 2 % of all 1000."),
        ((MOMENTS >= 40).sum(axis=1), "40 is 2 % of 2000. At one moment there are 1000 samples: 20."),
        ((MOMENTS >= 80).sum(axis=1), "80 is the bar for 4000 samples. At one moment there are 1000: 20."),
        (MOMENTS.sum(axis=1), "These are the good samples. Count the islands that have at least 20 of them."),
        (8 - (MOMENTS >= 20).sum(axis=1), "These are the islands that are missed."),
    ]
    if message := grade(each, (MOMENTS >= 20).sum(axis=1), mistakes):
        return message
    if pooled.size != 1:
        return "For all samples together one number is asked for: add up the rows, then count."
    total, pooled = MOMENTS.sum(axis=0), float(pooled.reshape(()))
    mistakes = [
        ((total > 0).sum(), "Together there are 4000 samples: an island needs 80 of them, not a handful."),
        ((total >= 20).sum(), "7 islands pass at some moment. Add up the samples first; of 4000, 2 % are 80."),
        ((total >= 40).sum(), "40 is 2 % of 2000. Here there are 4000 samples: 80."),
        ((MOMENTS >= 20).sum() / 4, "This is the mean of the four. Add up the samples of all moments, then count islands."),
        ((MOMENTS >= 20).sum(axis=1).max(), "This is the most at one moment. Add up the samples of all moments first."),
    ]
    return grade(pooled, (total >= 80).sum(), mistakes)


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
