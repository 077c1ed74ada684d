"""Tables as operators keep them: bytes of a file or a workbook become rows of text, the same way everywhere."""
