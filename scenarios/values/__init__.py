"""From the fields of a scenario to the values of the computation."""
