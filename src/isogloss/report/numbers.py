"""How a number is written: with the digits that its interval supports, and no more.

The rule is that of the Particle Data Group (Review of Particle Physics, introduction, section 5.3),
applied to half the width of the interval. Of its three leading digits: 100 to 354 keep two digits,
355 to 949 keep one, 950 to 999 round up to 1000 and keep two; the value and both bounds are
rounded to that place. So 0.6543 +- 0.0127 is 0.654 [0.642, 0.667], and 0.6543 +- 0.062 is
0.65 [0.59, 0.72].

What lies between -1 and 1 with its interval, as scores do, keeps two decimals however wide that is:
0.35 [0.00, 0.74], so that a column of scores reads in whole percents. Never more than three
decimals, though: with two or three seeds an interval can be narrow by chance. A number without an
interval gets three, fewer from 10 upwards (four digits in all): we do not know how many it
deserves.

A star at the end of an interval says that it was cut there, at what such a number can be: Student's
t over few seeds or units reaches beyond.
"""

import math
import re
from collections.abc import Sequence

NOTHING = "–"
MOST_DECIMALS = 3
LEAST_OF_SCORES = 2
"""Decimals of what lies between -1 and 1 with its interval."""

CUT = "*"
CUT_MARK = re.compile(r"(?<=\d)\*(?=[,\]])|^\*(?= cut at )|(?<= · )\*(?= cut at )")
"""The stars that say so in a text; Markdown would read some of them as emphasis, or as a list."""

CUT_SAID = "* cut at what the number can be: Student's t reaches beyond"
"""What the star at the end of an interval says."""


def decimals(half_width: float) -> int:
    """Decimals that an interval of this half width supports; below 0 for tens and hundreds.

    >>> [decimals(half) for half in (0.0127, 0.062, 0.0971, 0.35, 3.0, 40.0)]
    [3, 2, 2, 2, 1, -1]
    """
    if half_width <= 0 or not math.isfinite(half_width):
        return 3
    exponent = math.floor(math.log10(half_width) + 1e-12)
    leading = half_width / 10**exponent  # 1 to 10
    two_digits = leading < 3.55
    return min(MOST_DECIMALS, -exponent + (1 if two_digits else 0))


def written(value: float, places: int) -> str:
    """Write a number rounded to so many places.

    >>> written(0.6543, 2), written(1234.5, -1), written(-0.0004, 3)
    ('0.65', '1230', '0.000')
    """
    rounded = round(value, places)
    text = f"{rounded:.{max(0, places)}f}"
    return text.removeprefix("-") if not text.strip("-0.") else text


def places(value: float, low: float, high: float) -> int:
    """Decimals of a number and of both ends of its interval.

    >>> places(0.654, 0.642, 0.667), places(0.35, 0.0, 0.74), places(3.5, 0.0, 7.4)
    (3, 2, 0)
    """
    found = decimals((high - low) / 2)
    return max(found, LEAST_OF_SCORES) if max(map(abs, (value, low, high))) <= 1 else found


def number(
    value: float | None,
    low: float | None = None,
    high: float | None = None,
    *,
    cut: tuple[bool, bool] = (False, False),
) -> str:
    """Write a number with its interval, if it has one.

    Args:
        value: the number; None is written as a dash.
        low: lower end of its interval.
        high: upper end.
        cut: which ends were cut at what such a number can be; a star says so.

    >>> number(0.6543, 0.6416, 0.667), number(0.6543), number(1234.5), number(None)
    ('0.654 [0.642, 0.667]', '0.654', '1234', '–')
    >>> number(0.35, 0.0, 0.74, cut=(True, False))
    '0.35 [0.00*, 0.74]'
    """
    if value is None:
        return NOTHING
    if low is None or high is None or high <= low:
        return plain(value)
    n = places(value, low, high)
    start, end = (
        written(one, n) + (CUT if is_cut else "")
        for one, is_cut in zip((low, high), cut, strict=True)
    )
    return f"{written(value, n)} [{start}, {end}]"


def alike(scores: Sequence[tuple[float, float | None, float | None]]) -> list[str]:
    """Write numbers that stand side by side, all with the digits of the one that is known best.

    Args:
        scores: value, lower and upper end of its interval; None where there is none.

    >>> alike([(0.5058, 0.48, 0.533), (0.5049, 0.463, 0.547)])
    ['0.506 [0.480, 0.533]', '0.505 [0.463, 0.547]']
    """
    known = [
        places(value, low, high)
        for value, low, high in scores
        if low is not None and high is not None
    ]
    if not known:
        return [plain(value) for value, _, _ in scores]
    n = max(known)
    return [
        f"{written(value, n)} [{written(low, n)}, {written(high, n)}]"
        if low is not None and high is not None and high > low
        else plain(value)
        for value, low, high in scores
    ]


def in_markdown(text: str) -> str:
    r"""Escape the stars of intervals that are cut.

    >>> print(in_markdown("**0.35 [0.00*, 0.74]**"), in_markdown(CUT_SAID)[:9])
    **0.35 [0.00\*, 0.74]** \* cut at
    """
    return CUT_MARK.sub(r"\\*", text)


def rounded_value(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """Write a number alone, with the digits that its interval supports."""
    return number(value, low, high).partition(" ")[0]


def plain(value: float) -> str:
    """Write a number of which no interval is known.

    >>> plain(0.12345), plain(12.345), plain(12345.6)
    ('0.123', '12.35', '12346')
    """
    if not math.isfinite(value):
        return str(value)
    size = math.floor(math.log10(abs(value))) if abs(value) >= 10 else 0
    return written(value, max(0, 3 - size))


def plain_range(values: Sequence[float]) -> str:
    """Write from the least to the most, or the one if they are written alike.

    >>> plain_range([0.5, 0.41]), plain_range([0.5, 0.5])
    ('0.410 to 0.500', '0.500')
    """
    low, high = plain(min(values)), plain(max(values))
    return low if low == high else f"{low} to {high}"


def p_text(p: float | None) -> str:
    """Write a p-value.

    >>> p_text(0.0004), p_text(0.0312), p_text(None)
    ('<0.001', '0.031', '–')
    """
    if p is None:
        return NOTHING
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def duration(seconds: float) -> str:
    """Seconds in words of a person.

    >>> duration(0.4), duration(75), duration(7300)
    ('0.4 s', '1 min 15 s', '2 h 1 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    if seconds < 3600:
        return f"{int(seconds // 60)} min {int(seconds % 60)} s"
    return f"{int(seconds // 3600)} h {int(seconds % 3600 // 60)} min"
