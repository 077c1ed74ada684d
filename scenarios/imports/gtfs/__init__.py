"""GTFS, the common format of published timetables: strict reading, and conversion to the line of a scenario."""
