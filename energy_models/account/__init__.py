"""The energy account of a span of time: by kind, by run, with its balance and its peaks."""
