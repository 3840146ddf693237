"""Rules of single publishers, a TOML file a domain."""
