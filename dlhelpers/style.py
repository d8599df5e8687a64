"""The look of all figures: one palette and matplotlib's defaults."""

from __future__ import annotations

# Okabe and Ito's palette: eight colours that people with any kind of colour vision tell apart.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000", "#F0E442")


def style() -> None:
    """Set matplotlib's defaults: colour-blind-safe colours, labels that a projector shows.

    Examples
    --------
    >>> style.style()
    >>> plt.rcParams["figure.figsize"]
    [6.0, 4.0]
    """
    import matplotlib as mpl

    mpl.rcParams.update(
        {
            "axes.prop_cycle": mpl.cycler(color=PALETTE),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.titlesize": 13,
            "axes.labelsize": 13,
            "xtick.labelsize": 11,
            "ytick.labelsize": 11,
            "legend.fontsize": 11,
            "legend.frameon": False,
            "lines.linewidth": 2,
            "figure.figsize": (6, 4),
            "figure.dpi": 100,
            "figure.constrained_layout.use": True,
            "image.cmap": "gray",
        }
    )
