"""Feira: a street market in a box. See docs/ten-minutes.md for a tour of the code."""

__version__ = "0.1.0"
