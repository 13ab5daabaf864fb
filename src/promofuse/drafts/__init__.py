"""Letters to buyers: templates, clean words, what each channel forbids, exact bytes."""
