"""Coverage-guided fuzzing: `make fuzz`, or for one target `python -m fuzz article` in `tests/`."""
