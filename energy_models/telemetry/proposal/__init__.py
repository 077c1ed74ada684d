"""The proposal of a mapping from a sample: by names, by units, and by the physics of a moving train."""
