"""Vehicles for trips: duties, terminal tracks, depots, and the assignment of vehicles of different types."""
