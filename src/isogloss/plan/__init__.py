"""From a study to the graph of its steps: pure, quick, without a model in sight."""
