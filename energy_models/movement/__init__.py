"""Positions and power of trains: as planned, behind another train, or with traction not served."""
