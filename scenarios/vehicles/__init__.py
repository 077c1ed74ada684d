"""Calibrated vehicles: files that replace a train type's parameters by those of its telemetry."""
