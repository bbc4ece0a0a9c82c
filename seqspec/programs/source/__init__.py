"""Files of programs and notebooks: their text, what they contain, edits."""
