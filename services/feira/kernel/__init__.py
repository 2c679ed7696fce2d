"""Mechanism only: no word of the shop's business is known here."""
