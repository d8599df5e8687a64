"""Run by the kernel of a notebook under test, or of one that is saved, before its first cell (PYTHONSTARTUP)."""


def start() -> None:
    """Put the switches of tests/comparison/switches.py into this kernel and leave no name behind."""
    import sys
    from pathlib import Path

    root = str(Path(__file__).resolve().parents[2])
    sys.path.insert(0, root)
    try:
        from tests.comparison import switches
    finally:
        sys.path.remove(root)
    switches.install(get_ipython())  # noqa: F821, a name of the kernel


start()
del start
