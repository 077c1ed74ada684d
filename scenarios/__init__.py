"""The language in which a line, its fleet, demand, service and tariff are written, and the bundled lines."""
