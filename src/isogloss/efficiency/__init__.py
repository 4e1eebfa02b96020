"""What a model costs: values measured in a process of their own, with unit and raw samples."""
