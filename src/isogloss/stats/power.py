"""Power: the smallest difference that a study could have seen.

"No significant difference" says little unless one knows what would have been significant. The
smallest detectable difference is the true difference at which the test of the study rejects with a
given probability, 80 % by custom.
"""

from scipy.special import stdtrit

POWER = 0.8


def smallest_difference(
    se: float, df: float, *, confidence: float = 0.95, power: float = POWER
) -> float:
    """Give the true difference that a two-sided t test of this precision finds this often.

    (t_{1 - alpha/2, df} + t_{power, df}) se, in the unit of the standard error.

    Raises:
        ValueError: unless se >= 0, df > 0, and confidence and power are between 0 and 1.

    Source: the usual formula, for example Cohen 1988 and Bloom 1995, who calls the factor before
    se the minimum detectable effect multiplier. It takes the estimated standard error as true.

    >>> round(smallest_difference(0.01, 1000), 4)  # about 2.8 standard errors
    0.028
    """
    if se < 0 or df <= 0 or not 0 < confidence < 1 or not 0 < power < 1:
        raise ValueError(f"no power: se {se}, df {df}, confidence {confidence}, power {power}")
    return float((stdtrit(df, (1 + confidence) / 2) + stdtrit(df, power)) * se)
