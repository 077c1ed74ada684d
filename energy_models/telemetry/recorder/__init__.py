"""The recorder of generated telemetry: sensors, recordings and the ground truth behind them."""
