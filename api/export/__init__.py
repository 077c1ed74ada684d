"""Export of a plan: GTFS, tables as CSV or XLSX, and JSON."""
