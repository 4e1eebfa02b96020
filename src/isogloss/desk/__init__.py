"""Where a study is opened, brought up to date and read; for the command, notebooks, the viewer."""
