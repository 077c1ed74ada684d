"""Telemetry: what a train's recorder writes once a second, how it is simulated, and how a file of it is read.

Invariants:

- One row is one vehicle at one whole second. `speed_m_s`, `chainage_m`, `state`, `friction_brake` and `doors_open` are
  samples at that second; `voltage_v` and `current_a` are means over the second that ends there, as energy meters give.
- Nothing of the train's parameters stands in a row; only what sensors on board can see.
- A row is used, or excluded with a counted reason; never silently lost.
"""
