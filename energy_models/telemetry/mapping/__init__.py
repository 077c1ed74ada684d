"""The mapping of a recorder: which column of its files is which signal, in which unit, by which clock."""
