"""Telemetry: the rows of a train's recorder, one per second; their simulation and their reading from a file.

Invariants:

- One row is one vehicle at one whole second. `speed_m_s`, `chainage_m`, `state`, `friction_brake` and `doors_open` are
  samples at that second; `voltage_v` and `current_a` are means over the second that ends there, as of energy meters.
- A row contains no parameters of the train, only readings of sensors on board.
- A row is used, or excluded with a counted reason; no row is lost without a report.
"""
