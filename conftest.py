"""Loads the comparison of notebooks, so that `pytest --nbval notebooks` needs no further option."""

pytest_plugins = ["tests.comparison.plugin"]
