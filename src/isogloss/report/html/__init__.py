"""The page of a study: one file that opens anywhere, offline, and asks for nothing."""
