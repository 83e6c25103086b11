"""Names, types and rules: what the declarations mean, before probe points are expanded."""
