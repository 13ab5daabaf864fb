"""Prices that a buyer can reach, and what is left of them."""
