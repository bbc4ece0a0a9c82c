"""What extensions use of the core, by topic; they import nothing else of it.

A name that an extension needs gets a line in the module of its topic. The modules of the core are imported when one of
their names is first used, so that an extension loads only what it needs.
"""
