"""Configs: found by name, read, checked, and what is said about a mistake in one."""
