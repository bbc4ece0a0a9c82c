"""Tables: files in blocks of rows, cells and their kinds, and numbers as people write them."""
