"""Physics and vehicles: train, track, driving, running times, movement, DC supply, telemetry, calibration.

Pure functions on frozen values and numpy arrays. Invariants of this layer:

- SI units inside, the unit is the suffix of the name (`speed_m_s`, `power_w`, `energy_j`).
- Power drawn from the rail is positive, regeneration negative; a climb in the direction of travel is positive.
- No files, no clock, no service; the telemetry store and the running-time cache are the readers and writers.
"""
