"""The supply of a line from measurements: meters of substations and telemetry of trains."""
