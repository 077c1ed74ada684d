"""Scenarios begun from a timetable that exists: GTFS or CSV."""
