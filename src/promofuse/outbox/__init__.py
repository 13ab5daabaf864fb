"""The incident folder: what stands in it, how it is written, how edits are taken up."""
