"""Copydesk: the desk between the scrapers and everyone downstream."""
