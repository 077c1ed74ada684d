"""The checker: proves every rule on a finished plan; it shares no code with the planner."""
