"""The virtual line: simulated trains with the data interfaces of real trains."""
