"""Calibration: the parameters of a train from its own telemetry, with intervals.

The balance of energy over stretches of seconds in which the drive does one thing (stand, traction, coast, brake) is
fitted; speed is never differentiated. What fixes what, and which part only the load can fix, is told in `estimate`.
"""
