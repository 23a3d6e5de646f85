"""Submission to batch systems: what a job is (`job`), where it goes (`site`, `systems`), and the script it becomes."""
