"""From a scenario to a checked plan: options, repair, planning again, and the feasibility of the fleet."""
