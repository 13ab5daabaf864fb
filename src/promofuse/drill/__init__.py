"""Drills: known incidents, from report files to a proven ledger, through the same code as a real night."""
