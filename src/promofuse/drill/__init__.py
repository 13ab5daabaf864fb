"""Known incidents, and healthy nights that must stay silent, played through the same use cases as a real night."""

from __future__ import annotations

from promofuse.drill.play import play
from promofuse.drill.played import Played
from promofuse.drill.scenario import Scenario, find_scenario, known_scenarios, load_scenario

__all__ = ["Played", "Scenario", "find_scenario", "known_scenarios", "load_scenario", "play"]
