"""A plan for other programs: GTFS, tables as CSV or XLSX, and its own JSON."""
