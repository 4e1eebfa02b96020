"""Writes those pages of the site that only the code can tell the truth about.

Nothing here knows a field, a flag or a name: each file asks the code for them and writes Markdown.
`pages.py` lists which file writes which page. No page is kept in git.
"""
