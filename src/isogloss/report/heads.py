"""The columns of tables that may be empty: a script that reads one finds its head."""


def _with_interval(*names: str) -> tuple[str, ...]:
    return tuple(f"{name}{end}" for name in names for end in ("", "_low", "_high", "_sd"))


HEADS: dict[str, tuple[str, ...]] = {
    "curves": (
        "encoder", "split", "regime", "setting", "language", "n_per_language", "n_train",
        "n_languages", *_with_interval("value"), "method", "n_seeds", "n_scored", "n_unscored",
    ),
    "gains": (
        "encoder", "split", "regime", "setting", "language", "n_from", "n_to",
        *_with_interval("gain"), "gain_per_doubling", "n_sizes", "n_seeds",
    ),
    "transfer": (
        "encoder", "split", "n_per_language", "source", "target", *_with_interval("value"),
        "method", "n_seeds", "n_scored", "n_unscored", *_with_interval("gap"),
    ),
    "donors": (
        "encoder", "split", "n_per_language", "language", *_with_interval("in_language", "donor"),
        "n_donor", "n_donor_missing", *_with_interval("recipient"), "n_recipient",
        "n_recipient_missing", *_with_interval("gap"), "n_seeds",
    ),
    "regimes": (
        "encoder", "split", "n_per_language", "language",
        *_with_interval("joint", "single", "zero_shot_best"), "best_source",
        *_with_interval(
            "zero_shot_mean", "joint_zero_shot", "leave_one_out", "joint_minus_single",
            "joint_minus_zero_shot", "single_minus_zero_shot",
        ),
        "n_sources", "n_missing", "n_seeds",
    ),
    "gaps": (
        "encoder", "split", "regime", "sources", "n_per_language", "mean", "worst",
        *_with_interval("worst_score"), "best", *_with_interval("best_score", "gap"),
        "sd_languages", "n_languages", "n_missing", "missing", "n_seeds",
    ),
    "training": (
        "encoder", "regime", "sources", "n_per_language", "n_train",
        *_with_interval("train_runtime", "train_samples_per_second", "train_loss"), "n_seeds",
    ),
    "baselines": ("split", "language", "label", "majority", "uniform", "chance"),
    "excluded": ("constraint", "candidate", "measured", "limit"),
}  # fmt: skip
"""By the name of the table."""
