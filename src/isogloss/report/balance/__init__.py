"""The report of a balance study: arms side by side, by group of languages, the claim tested."""
