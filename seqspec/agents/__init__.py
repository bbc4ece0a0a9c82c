"""Extension: what an assistant or a coding agent asks, as a server of the Model Context Protocol (MCP)."""
