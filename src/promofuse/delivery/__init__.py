"""Sending what a person approved: at most once, paced, and with a record that survives a crash."""
