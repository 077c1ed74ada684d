"""The railway in SimPy: trains, platforms, signalling, turnbacks and depots of one simulated day."""
