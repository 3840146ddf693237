"""Phrase rules, a TOML file a language."""
