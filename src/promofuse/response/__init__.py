"""What to do about an incident: each order's decision, the account's health, the plan, the files for the platform."""
