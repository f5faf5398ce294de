"""Feeds: how articles come from other tools, as those tools expect it."""
