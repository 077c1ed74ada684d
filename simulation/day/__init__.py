"""A simulated day: its model, record, energy, service and tables."""
