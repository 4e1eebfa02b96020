"""A metric: Matthews' correlation coefficient over any number of labels (Gorodkin 2004)."""

from typing import final

import numpy as np

from isogloss.plugins import Predictions


@final
class Matthews:
    """Correlation of gold and predicted labels: 1 all right, 0 no better than chance, above -1."""

    tasks = ("sentiment", "text_classification", "pos")

    def __call__(self, predictions: Predictions) -> float:
        """0 where all gold labels, or all predicted ones, are the same: nothing can correlate."""
        k = len(predictions.names)
        flat = predictions.gold * k + predictions.predicted
        counts = np.bincount(flat, minlength=k * k).reshape(k, k).astype(np.float64)
        gold, predicted, n = counts.sum(axis=1), counts.sum(axis=0), counts.sum()
        covariance = np.trace(counts) * n - gold @ predicted
        spread = (n * n - gold @ gold) * (n * n - predicted @ predicted)
        return float(covariance / np.sqrt(spread)) if spread > 0 else 0.0


MCC = Matthews()
