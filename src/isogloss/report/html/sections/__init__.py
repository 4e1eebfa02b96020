"""The sections of a page, one a file: from the evidence to blocks, or None if there is nothing."""
