"""Texts with numbers: what is the same, what is not, and what the message says."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.comparison.text import text_problem


@pytest.mark.parametrize(
    ("saved", "fresh"),
    [
        ("p = 0.8205", "p = 0.8205"),
        ("p = 0.82", "p = 0.83"),
        ("p = 0.820538", "p = 0.820577"),
        ("z = -0.00", "z = 0.00"),
        ("97.9% and 1.99x", "97.8% and 2.00x"),
        ("0.5", "0.49999997"),
        ("1e-05", "1.00001e-05"),
        ("2.40e-05", "2.41e-05"),
        ("[ 9.99 -1.  ]", "[10.00 -1.  ]"),
        ("[-0.501  0.25 ]", "[-0.501001  0.25    ]"),
        ("[[0.501 0.25]\n [nan inf]]", "[[0.5011  0.25]\n [ nan   inf]]"),
        ("0.123 0.456\n 0.789", "0.123\n 0.456 0.789"),
        ("   loss  acc\n0  9.99  0.5", "    loss  acc\n0  10.00  0.5"),
        ("<td>0.1234</td>", "<td>0.1235</td>"),
        ("1,234.56 steps", "1,234.57 steps"),
        ("p = 0.7311.", "p = 0.7312."),
        ("−1.50", "-1.50"),
        ("(1.25, -2.5)", "(1.26, -2.5)"),
    ],
)
def test_equal_texts(saved: str, fresh: str) -> None:
    assert text_problem(saved, fresh) is None
    assert text_problem(fresh, saved) is None


@pytest.mark.parametrize(
    ("saved", "fresh"),
    [
        ("p = 0.82", "p = 0.84"),
        ("p = 0.8205", "p = 0.8305"),
        ("rate 0.1", "rate 0.2"),
        ("error 0.00", "error 0.01"),
        ("z = -1.52", "z = 1.52"),
        ("0.5", "0.41"),
        ("1.2e-05", "1.2e-06"),
        ("[0. 1. 1. 0.]", "[0. 1. 0. 0.]"),
        ("14 of 20", "15 of 20"),
        ("2,004,000,001", "2,004,000,002"),
        ("no. 10001.", "no. 10002."),
        ("12", "12.0"),
        ("nan", "0.5"),
        ("inf", "-inf"),
        ("version 2.21.0", "version 2.21.1"),
        ("check('01.2')", "check('01.3')"),
        ("Exercise 11.2: right", "Exercise 11.3: right"),
        ("Python 3.11", "Python 3.12"),
        ("loss 0.50", "cost 0.50"),
        ("loss 0.50", "loss 0.50 0.60"),
        ("x1", "x2"),
        ("a b", "ab"),
        ("a\nb", "a b"),
        ("a 0.5\nb 0.6", "a 0.5 b 0.6"),
        ("0.1-0.5", "0.1-0.7"),
        ("#009E73", "#009E74"),
        ("at 0x7fa1", "at 0x7fa2"),
    ],
)
def test_different_texts(saved: str, fresh: str) -> None:
    assert text_problem(saved, fresh)
    assert text_problem(fresh, saved)


@pytest.mark.parametrize(
    ("saved", "fresh", "same"),
    [
        ("loss 0.500", "loss 0.509", True),
        ("loss 0.500", "loss 0.511", False),
        ("loss 0.1", "loss 0.2", True),
        ("loss 0.001", "loss 0.003", False),
        ("loss 123.4", "loss 125.7", True),
        ("right: 140", "right: 141", False),
        ("loss 0.50", "cost 0.50", False),
    ],
)
def test_tag_widens_decimals_only(saved: str, fresh: str, same: bool) -> None:
    assert (text_problem(saved, fresh, Decimal("0.02")) is None) is same


def test_message_points_at_the_number() -> None:
    problem = text_problem("first\np = 0.8205 here\nlast", "first\np = 0.8305 here\nlast")
    assert "saved: p = 0.8205 here\nfresh: p = 0.8305 here" in problem
    assert "0.8205 -> 0.8305, differs by 0.0100, allowed 0.0001" in problem


def test_message_shows_changed_words() -> None:
    assert "-a cat\n+a dog" in text_problem("one\na cat\ntwo", "one\na dog\ntwo")


def test_message_is_short() -> None:
    table = "\n".join(f"{i}.123" for i in range(50))
    assert "... and 45 more" in text_problem(table, table.replace(".123", ".923"))
