"""Charts of records, as Vega-Lite; `isogloss.report.figures` saves them."""
