"""Loss-making orders against what was to be expected: baseline, spike detector, slow bleed."""
