"""The search for departures, running times and dwells with the least energy for the same service."""
