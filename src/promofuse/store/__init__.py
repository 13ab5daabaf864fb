"""The database: tables, a file of queries for each kind of thing, personal data encrypted; the only SQL."""
