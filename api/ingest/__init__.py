"""Ways by which telemetry arrives: bytes become batches, and every batch goes through the one door of the store."""
