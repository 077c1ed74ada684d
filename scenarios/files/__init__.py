"""Scenario files: reading, overrides, faults with their position in the file, and writing."""
