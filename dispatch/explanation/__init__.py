"""Explanation of a saving: levers, energy exchange between trains, comparison of plans, potential of the line."""
