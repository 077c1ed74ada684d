"""The scenario language (line, fleet, supply, demand, service, tariff), its reader, and the bundled lines."""
