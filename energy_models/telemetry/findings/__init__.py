"""Findings about the quality of stored telemetry, by vehicle and day: what is wrong, since when, and by how much.

Invariants:

- A finding follows from physics, or from the comparison with the fleet and with the vehicle's past. It changes no row.
- What the data cannot decide gives no finding. `assess` reports which checks were possible.
"""
