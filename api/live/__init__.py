"""The live line: what is known of the trains now, their power and energy, advice, and alarms."""
